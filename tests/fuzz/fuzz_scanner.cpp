// Everything that stands between a peer's bytes and a handler's arguments. The input is a stream of
// messages; its last eight bytes say how it is cut into chunks.
#include <rollcall/codec/arguments.h>
#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/message_reader.h>
#include <rollcall/codec/reader.h>
#include <rollcall/codec/scanner.h>
#include <rollcall/codec/unpack.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

namespace fuzz {

struct Order {
    int id = 0;
    std::vector<std::string> items;
    std::chrono::system_clock::time_point when;
    MSGPACK_DEFINE(id, items, when)
};

enum class Colour : std::uint8_t { red, green };

// A tree of everything that travels without macros.
struct Node {
    Colour colour = Colour::red;
    std::variant<std::monostate, std::int8_t, std::string, std::vector<Order>> choice;
    std::vector<Node> children;
    std::optional<std::chrono::milliseconds> age;
    std::optional<std::filesystem::path> path;
};

// A view.
struct Glance {
    std::string_view name;
    std::span<const std::byte> data;
};

}  // namespace fuzz

namespace rollcall::codec {
namespace {

constexpr std::size_t kCutBytes = 8;

// Later messages of a stream are only cut out: each use costs exceptions.
constexpr std::size_t kMaxUsed = 16;

// abort() under a name that shows in the report.
void require(bool holds) {
    if (!holds) std::abort();
}

Limits small_limits() {
    Limits limits;
    limits.max_message_bytes = std::size_t{64} << 10U;  // within the reach of the fuzzer's inputs
    limits.max_depth = 16;
    return limits;
}

// A copy of exactly this size, so that a read beyond it is found.
class Exact {
public:
    explicit Exact(Bytes bytes) : data_(new char[bytes.size()]), size_(bytes.size()) {
        if (size_ > 0) std::memcpy(data_.get(), bytes.data(), size_);
    }

    [[nodiscard]] Bytes view() const { return {data_.get(), size_}; }

private:
    std::unique_ptr<char[]> data_;
    std::size_t size_;
};

template <class T>
void try_unpack(Bytes value) {
    Reader reader{value};
    T to{};
    Mismatch why;
    if (unpack(reader, to, why)) {
        require(reader.at_end());
        if constexpr (!is_view<T>) {
            // What came in can go out, and comes in again.
            Buffer again;
            pack(again, to);
            Reader second{again.view()};
            T back{};
            require(unpack(second, back, why) && second.at_end());
        }
    } else {
        require(!why.text().empty());
    }
}

void try_all_types(Bytes value) {
    try_unpack<bool>(value);
    try_unpack<std::int8_t>(value);
    try_unpack<std::uint64_t>(value);
    try_unpack<double>(value);
    try_unpack<std::string_view>(value);
    try_unpack<std::vector<std::byte>>(value);
    try_unpack<std::vector<std::map<std::string, std::optional<std::tuple<int, Raw>>>>>(value);
    try_unpack<std::map<std::int64_t, std::array<float, 2>>>(value);
    try_unpack<std::chrono::system_clock::time_point>(value);
    try_unpack<std::set<std::string>>(value);
    try_unpack<std::vector<fuzz::Order>>(value);
    try_unpack<fuzz::Node>(value);
    try_unpack<std::variant<bool, fuzz::Colour, std::list<fuzz::Node>>>(value);
    try_unpack<std::unordered_set<std::int16_t>>(value);
    try_unpack<std::deque<fuzz::Glance>>(value);
    try_unpack<RawView>(value);
}

void try_arguments(const Message& message) {
    std::tuple<int, std::string> two;
    static_cast<void>(unpack_arguments(message.method, message.params, two));
    std::tuple<std::vector<double>, std::optional<bool>, RawView> three;
    static_cast<void>(unpack_arguments(message.method, message.params, three));
    std::tuple<fuzz::Node, std::optional<fuzz::Colour>> shorter;
    static_cast<void>(unpack_arguments(message.method, message.params, shorter));
}

void use_message(Bytes frame) {
    const Exact exact{frame};
    Reader reader{exact.view()};
    require(!reader.describe().empty());
    require(reader.skip().size() == frame.size() && reader.at_end());
    try_all_types(exact.view());

    Message message;
    const auto bad = parse_message(exact.view(), message);
    if (bad) {
        require(!bad->reason.empty());
        return;
    }
    if (message.type == MessageType::response) {
        static_cast<void>(read_error(message.error).to_string());
        try_all_types(message.result);
    } else {
        require(message.method.size() <= kMaxMethodBytes);
        try_arguments(message);
    }
}

// The messages of a stream up to its end or to the first bytes that are refused.
struct Cut {
    std::vector<std::size_t> sizes;
    ScanStatus last = ScanStatus::need_more;
};

Cut scan_at_once(Bytes stream) {
    Cut cut;
    while (true) {
        Scanner scanner{small_limits()};
        cut.last = scanner.scan(stream.data(), stream.size());
        if (cut.last != ScanStatus::complete) return cut;
        cut.sizes.push_back(scanner.size());
        if (cut.sizes.size() <= kMaxUsed) use_message(stream.substr(0, scanner.size()));
        stream.remove_prefix(scanner.size());
    }
}

Cut scan_byte_by_byte(Bytes stream) {
    Cut cut;
    Scanner scanner{small_limits()};
    for (std::size_t here = 0; here <= stream.size(); ++here) {
        cut.last = scanner.scan(stream.data(), here);
        if (cut.last == ScanStatus::need_more) {
            require(scanner.needed() <= small_limits().max_message_bytes + 9);
            continue;
        }
        if (cut.last != ScanStatus::complete) return cut;
        require(scanner.size() == here);
        cut.sizes.push_back(here);
        stream.remove_prefix(here);
        scanner = Scanner{small_limits()};
        here = static_cast<std::size_t>(-1);  // 0 next
    }
    cut.last = ScanStatus::need_more;
    return cut;
}

// Through a MessageReader, which is paused and read into directly now and then.
Cut read_in_chunks(Bytes stream, Bytes cuts) {
    Cut cut;
    MessageReader reader{small_limits()};
    std::size_t step = 0;
    const auto next = [&] { return static_cast<unsigned char>(cuts[step++ % cuts.size()]); };
    const auto take = [&](Bytes message) {
        cut.sizes.push_back(message.size());
        return next() % 4 != 0;
    };
    auto status = MessageReader::Status::ok;
    while (status == MessageReader::Status::ok && (!stream.empty() || reader.paused())) {
        if (reader.paused() && (stream.empty() || next() % 2 == 0)) {
            status = reader.resume(take);
            continue;
        }
        const std::span<char> room = reader.large_message_room();
        const std::size_t size = std::min<std::size_t>(stream.size(), std::size_t{1} + next());
        const std::size_t direct = std::min(size, room.size());
        if (direct > 0) {
            std::memcpy(room.data(), stream.data(), direct);
            status = reader.fed(direct, take);
        } else {
            status = reader.feed(Exact{stream.substr(0, size)}.view(), take);
        }
        stream.remove_prefix(direct > 0 ? direct : size);
    }
    switch (status) {
        case MessageReader::Status::ok:
            cut.last = ScanStatus::need_more;
            require(reader.has_partial() == (reader.held_bytes() > 0));
            break;
        case MessageReader::Status::too_large:
            cut.last = ScanStatus::too_large;
            break;
        case MessageReader::Status::too_deep:
            cut.last = ScanStatus::too_deep;
            break;
        case MessageReader::Status::invalid:
            cut.last = ScanStatus::invalid;
            break;
    }
    return cut;
}

}  // namespace
}  // namespace rollcall::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace rollcall::codec;
    if (size < kCutBytes) return 0;
    const Bytes input{reinterpret_cast<const char*>(data), size};
    const Exact stream{input.substr(0, size - kCutBytes)};
    const Cut once = scan_at_once(stream.view());
    const Cut bytewise = scan_byte_by_byte(stream.view());
    const Cut chunks = read_in_chunks(stream.view(), input.substr(size - kCutBytes));
    require(once.sizes == bytewise.sizes && once.last == bytewise.last);
    require(once.sizes == chunks.sizes && once.last == chunks.last);
    return 0;
}
