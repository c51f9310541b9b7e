#include <rollcall/codec/format.h>
#include <rollcall/codec/raw.h>
#include <rollcall/codec/scanner.h>

#include <algorithm>

namespace rollcall::codec {

ScanStatus Scanner::scan(const char* data, std::size_t available) {
    // Held here, where bytes that are read cannot be them.
    std::uint64_t position = position_;
    std::uint64_t owed = owed_;
    const std::uint64_t limit = limits_.max_message_bytes;
    const auto stop = [&](ScanStatus status) {
        position_ = position;
        owed_ = owed;
        return status;
    };
    // Nothing is owed only when the last element's header has been read: then its payload decides.
    while (owed > 0) {
        if (position >= available) return stop(ScanStatus::need_more);
        const char* header = data + position;
        const Format format = format_of(*header);
        const std::size_t header_bytes = std::size_t{1} + format.length_bytes;
        if (available - position < header_bytes) return stop(ScanStatus::need_more);
        const std::uint64_t count = format.length_bytes == 0
                                        ? format.inline_count
                                        : load_big_endian(header + 1, format.length_bytes);
        if (format.kind == Kind::invalid) return stop(ScanStatus::invalid);

        --owed;
        position += header_bytes;
        if (format.kind == Kind::array || format.kind == Kind::map) {
            const std::uint64_t children = format.kind == Kind::map ? 2 * count : count;
            if (!open(children)) return stop(ScanStatus::too_deep);
            owed += children;
        } else {
            position += count + format.fixed_payload;
            close_element();
        }
        if (position + owed > limit) return stop(ScanStatus::too_large);
    }
    return stop(position <= available ? ScanStatus::complete : ScanStatus::need_more);
}

bool Scanner::open(std::uint64_t children) {
    if (depth_ >= std::min(limits_.max_depth, kMaxDepth)) return false;
    if (children == 0) {
        close_element();
    } else {
        remaining_[depth_++] = children;
    }
    return true;
}

void Scanner::close_element() {
    while (depth_ > 0 && --remaining_[depth_ - 1] == 0)
        --depth_;
}

bool is_one_value(Bytes bytes) {
    Scanner scanner{Limits{}};
    return scanner.scan(bytes.data(), bytes.size()) == ScanStatus::complete &&
           scanner.size() == bytes.size();
}

}  // namespace rollcall::codec
