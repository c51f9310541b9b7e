#include <rollcall/codec/format.h>
#include <rollcall/codec/raw.h>
#include <rollcall/codec/scanner.h>

#include <algorithm>

namespace rollcall::codec {

ScanStatus Scanner::scan(const char* data, std::size_t available) {
    // Held here, where bytes that are read cannot be them.
    Place at = place_;
    ScanStatus status = ScanStatus::need_more;
    // Nothing is owed only when the last element's header has been read: then its payload decides.
    while (at.owed > 0 && at.position < available) {
        const char* const header = data + at.position;
        if (const std::size_t whole = whole_size_of(*header); whole > 0) {
            // Most elements. They promise nothing, so that the end is soon enough to look for the
            // limit.
            at.position += whole;
            --at.owed;
            while (--at.left == 0 && at.depth > 0)
                at.left = outer_[--at.depth];
            continue;
        }
        const Step step = look_at(header, available - at.position, at);
        if (step.end) {
            status = *step.end;
            break;
        }
        at = step.place;
        if (at.position + at.owed > limits_.max_message_bytes) break;
    }
    place_ = at;
    if (status != ScanStatus::need_more) return status;
    if (at.position + at.owed > limits_.max_message_bytes) return ScanStatus::too_large;
    return at.owed == 0 && at.position <= available ? ScanStatus::complete : status;
}

Scanner::Step Scanner::look_at(const char* header, std::size_t available, Place at) {
    const Format format = format_of(*header);
    const std::size_t header_bytes = std::size_t{1} + format.length_bytes;
    std::uint64_t count = format.inline_count;
    if (format.length_bytes > 0) {
        if (available < header_bytes) return {at, ScanStatus::need_more};
        count = load_big_endian(header + 1, format.length_bytes);
    } else if (format.kind == Kind::invalid) {
        return {at, ScanStatus::invalid};
    }
    const bool is_map = format.kind == Kind::map;
    const bool is_container = is_map || format.kind == Kind::array;
    if (is_container && at.depth >= std::min(limits_.max_depth, kMaxDepth))
        return {at, ScanStatus::too_deep};
    at.position += header_bytes + (is_container ? 0 : count + format.fixed_payload);
    --at.owed;
    if (is_container && count > 0) {
        const std::uint64_t children = is_map ? 2 * count : count;
        at.owed += children;
        outer_[at.depth++] = at.left;
        at.left = children;
    } else {
        // The last element of a container ends what is around it as well.
        while (--at.left == 0 && at.depth > 0)
            at.left = outer_[--at.depth];
    }
    return {at, std::nullopt};
}

bool is_one_value(Bytes bytes) {
    Scanner scanner{Limits{}};
    return scanner.scan(bytes.data(), bytes.size()) == ScanStatus::complete &&
           scanner.size() == bytes.size();
}

}  // namespace rollcall::codec
