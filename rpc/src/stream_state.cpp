#include "stream_state.h"

#include <algorithm>

namespace rollcall::rpc {
namespace {

// From this size on an item that finds nothing before it is taken over instead of copied.
constexpr std::size_t kTakeOverBytes = std::size_t{16} << 10U;

std::string words_for(codec::MessageReader::Status status) {
    switch (status) {
        case codec::MessageReader::Status::too_large:
            return "an item exceeds the message limit";
        case codec::MessageReader::Status::too_deep:
            return "an item is nested too deeply";
        default:
            return "the bytes of an item are not MessagePack";
    }
}

}  // namespace

// ---- OutgoingStream

bool OutgoingStream::grant(std::uint64_t bytes) noexcept {
    if (bytes > kMaxStreamCredit - credit_) return false;
    credit_ += bytes;
    return true;
}

void OutgoingStream::take(codec::Buffer& item) {
    if (waiting() == 0 && item.size() >= kTakeOverBytes) {
        pending_ = std::move(item);
        begin_ = 0;
        item.clear();
        return;
    }
    if (begin_ > 0) {
        // What waits here is less than what may wait: cheap to move.
        codec::Buffer rest;
        rest.append(pending_.view().substr(begin_));
        pending_ = std::move(rest);
        begin_ = 0;
    }
    pending_.append(item.view());
    item.clear();
}

codec::Bytes OutgoingStream::next(std::size_t most) const noexcept {
    const std::size_t allowed =
        static_cast<std::size_t>(std::min<std::uint64_t>({most, credit_, waiting()}));
    return pending_.view().substr(begin_, allowed);
}

void OutgoingStream::sent(std::size_t bytes) noexcept {
    begin_ += bytes;
    credit_ -= bytes;
    has_begun_ = true;
    if (waiting() > 0) return;
    pending_.clear(0);  // an idle stream holds nothing
    begin_ = 0;
}

void OutgoingStream::drop() noexcept {
    pending_.clear(0);
    begin_ = 0;
    ended_ = true;
}

// ---- IncomingStream

IncomingStream::IncomingStream(const codec::Limits& items, const StreamOptions& options)
    : reader_(items),
      window_(options.window),
      max_window_(std::max(options.window, options.max_window)),
      allowed_(options.window) {
}

std::optional<std::string> IncomingStream::feed(codec::Bytes bytes) {
    if (ended_) return "data came after the end of the data";
    if (bytes.size() > allowed_) {
        return std::to_string(bytes.size()) + " bytes came where there was credit for " +
               std::to_string(allowed_);
    }
    allowed_ -= bytes.size();
    received_ += bytes.size();
    const auto status = reader_.feed(bytes, [this](codec::Bytes item) {
        whole_.append(item);
        unread_ += item.size();
        return true;
    });
    if (status != codec::MessageReader::Status::ok) return words_for(status);
    if (unread_ > 0) hungry_ = false;
    return std::nullopt;
}

std::optional<std::string> IncomingStream::end() {
    if (ended_) return "the end of the data came twice";
    ended_ = true;
    if (reader_.has_partial()) return "the data ended within an item";
    return std::nullopt;
}

void IncomingStream::take(codec::Buffer& to) {
    to = std::move(whole_);
    whole_.clear(0);
}

std::size_t IncomingStream::missing_credit() const noexcept {
    const std::size_t held = unread_ + (awaits_rest() ? 0 : reader_.held_bytes());
    const std::uint64_t covered = held + allowed_;
    return covered < window_ ? static_cast<std::size_t>(window_ - covered) : 0;
}

bool IncomingStream::credit_due() const noexcept {
    return !ended_ && 2 * missing_credit() >= window_;
}

std::optional<std::uint64_t> IncomingStream::give_credit(StreamBudget& budget) {
    if (!credit_due()) return 0;
    // Whoever waits with empty hands after a whole window is faster than what comes.
    if (hungry_ && received_ >= window_ && window_ < max_window_) {
        const std::size_t more = std::min(window_, max_window_ - window_);
        if (budget.take(more)) {
            grown_ += more;
            window_ += more;
        }
        received_ = 0;
    }
    const std::size_t beyond = awaits_rest() ? reader_.held_bytes() : 0;
    if (beyond > large_item_ && !budget.take(beyond - large_item_)) return std::nullopt;
    if (beyond < large_item_) budget.give(large_item_ - beyond);
    large_item_ = beyond;
    const std::size_t credit = missing_credit();
    allowed_ += credit;
    return credit;
}

void IncomingStream::settle(StreamBudget& budget) noexcept {
    budget.give(grown_ + large_item_);
    grown_ = 0;
    large_item_ = 0;
}

}  // namespace rollcall::rpc
