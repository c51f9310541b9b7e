#include <rollcall/codec/message_reader.h>

#include <algorithm>

namespace rollcall::codec {
namespace {

// A half message that still needs this much is worth reading into directly.
constexpr std::size_t kDirectReadBytes = std::size_t{16} << 10U;

// The least room offered for it; then as much again as has already come, so that memory follows
// the bytes that arrive and not the length that a header claims.
constexpr std::size_t kRoomBytes = std::size_t{128} << 10U;

}  // namespace

MessageReader::Status MessageReader::status_of(ScanStatus scanned) {
    switch (scanned) {
        case ScanStatus::too_large:
            return Status::too_large;
        case ScanStatus::too_deep:
            return Status::too_deep;
        case ScanStatus::invalid:
            return Status::invalid;
        case ScanStatus::need_more:
        case ScanStatus::complete:
            break;
    }
    return Status::ok;
}

ScanStatus MessageReader::complete_partial(Bytes& chunk) {
    Partial& partial = *partial_;
    ScanStatus scanned = ScanStatus::need_more;
    while (scanned == ScanStatus::need_more && !chunk.empty()) {
        // Never more than the message is known to need: what follows stays in place in the chunk.
        // A header that is itself cut in two is the one case where needed() is already here.
        const std::size_t have = partial.bytes.size();
        const std::size_t missing =
            partial.scanner.needed() > have ? partial.scanner.needed() - have : 1;
        const std::size_t taken = std::min(missing, chunk.size());
        partial.bytes.append(chunk.substr(0, taken));
        chunk.remove_prefix(taken);
        scanned = partial.scanner.scan(partial.bytes.data(), partial.bytes.size());
    }
    return scanned;
}

std::size_t MessageReader::held_bytes() const {
    return kept_.size() - kept_from_ + (partial_ ? partial_->bytes.size() : 0);
}

std::span<char> MessageReader::large_message_room() {
    if (!partial_ || paused_) return {};
    const std::size_t have = partial_->bytes.size();
    if (partial_->scanner.needed() < have + kDirectReadBytes) return {};
    const std::size_t offered =
        std::min(partial_->scanner.needed() - have, std::max(have, kRoomBytes));
    return {partial_->bytes.room(offered), offered};
}

}  // namespace rollcall::codec
