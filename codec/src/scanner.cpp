#include <rollcall/codec/format.h>
#include <rollcall/codec/raw.h>
#include <rollcall/codec/scanner.h>

#include <algorithm>

namespace rollcall::codec {

ScanStatus Scanner::scan(const char* data, std::size_t available) {
    // owed_ is 0 only when the last element's header has been read: then its payload decides.
    while (owed_ > 0) {
        if (position_ >= available) return ScanStatus::need_more;
        const char* header = data + position_;
        const Format& format = format_of(*header);
        const std::size_t header_bytes = std::size_t{1} + format.length_bytes;
        if (available - position_ < header_bytes) return ScanStatus::need_more;
        const std::uint64_t count = format.length_bytes == 0
                                        ? format.inline_count
                                        : load_big_endian(header + 1, format.length_bytes);
        if (format.kind == Kind::invalid) return ScanStatus::invalid;

        --owed_;
        position_ += header_bytes;
        if (format.kind == Kind::array || format.kind == Kind::map) {
            const ScanStatus opened = open(format.kind == Kind::map ? 2 * count : count);
            if (opened != ScanStatus::need_more) return opened;
        } else {
            position_ += count + format.fixed_payload;
            close_element();
        }
        if (position_ + owed_ > limits_.max_message_bytes) return ScanStatus::too_large;
    }
    return position_ <= available ? ScanStatus::complete : ScanStatus::need_more;
}

ScanStatus Scanner::open(std::uint64_t children) {
    if (depth_ >= std::min(limits_.max_depth, kMaxDepth)) return ScanStatus::too_deep;
    if (children == 0) {
        close_element();
    } else {
        owed_ += children;
        remaining_[depth_++] = children;
    }
    return ScanStatus::need_more;
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
