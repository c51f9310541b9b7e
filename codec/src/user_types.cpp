#include <rollcall/codec/limits.h>
#include <rollcall/codec/user_types.h>

namespace rollcall::codec::detail {
namespace {

std::size_t count_elements(Bytes value) {
    std::size_t elements = 0;
    Reader reader{value};
    while (!reader.at_end() && elements <= kMaxObjectElements) {
        // Heads of containers are stepped over alone, so every element is met once.
        if (!reader.read_array() && !reader.read_map()) static_cast<void>(reader.skip());
        ++elements;
    }
    return elements;
}

}  // namespace

void with_object(Bytes value, void (*use)(const msgpack::object&, void*), void* context) {
    if (count_elements(value) > kMaxObjectElements) {
        throw msgpack::size_overflow("a value of more than 1048576 elements");
    }
    // The value has been scanned already; these limits are the belt to those braces.
    const std::size_t most = value.size();
    const msgpack::unpack_limit limits{most, most, most, most, most, kMaxDepth};
    thread_local msgpack::zone zone;

    struct Clear {
        ~Clear() { zone.clear(); }
    } clear;

    std::size_t offset = 0;
    const msgpack::object object =
        msgpack::unpack(zone, value.data(), value.size(), offset, nullptr, nullptr, limits);
    use(object, context);
}

}  // namespace rollcall::codec::detail
