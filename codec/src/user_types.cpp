#include <rollcall/codec/limits.h>
#include <rollcall/codec/user_types.h>

#include <optional>
#include <utility>

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

// This thread's zone, or one of its own if a type's conversion unpacks another value meanwhile.
class Zone {
public:
    Zone()
        : borrowed_(std::exchange(shared().free, false)),
          zone_(borrowed_ ? &shared().zone : &own_.emplace()) {}

    ~Zone() {
        if (!borrowed_) return;
        shared().zone.clear();
        shared().free = true;
    }

    Zone(const Zone&) = delete;
    Zone& operator=(const Zone&) = delete;

    [[nodiscard]] msgpack::zone& get() { return *zone_; }

private:
    struct Shared {
        msgpack::zone zone;
        bool free = true;
    };

    static Shared& shared() {
        thread_local Shared shared;
        return shared;
    }

    const bool borrowed_;
    std::optional<msgpack::zone> own_;
    msgpack::zone* const zone_;
};

}  // namespace

void with_object(Bytes value, void (*use)(const msgpack::object&, void*), void* context) {
    if (count_elements(value) > kMaxObjectElements) {
        throw msgpack::size_overflow("a value of more than 1048576 elements");
    }
    // The value has been scanned already; these limits are the belt to those braces.
    const std::size_t most = value.size();
    const msgpack::unpack_limit limits{most, most, most, most, most, kMaxDepth};
    // Strings, binaries and ext stay where they are: what a type keeps of them as a view lives as
    // long as the message, not only until the zone is cleared.
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    Zone zone;
    std::size_t offset = 0;
    const msgpack::object object =
        msgpack::unpack(zone.get(), value.data(), value.size(), offset, refer, nullptr, limits);
    use(object, context);
}

}  // namespace rollcall::codec::detail
