#pragma once
// The two directions of one side of a stream: what it may send, and what it lets its peer send. No
// I/O, no locks.

#include <rollcall/codec/message_reader.h>
#include <rollcall/rpc/stream_options.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rollcall::rpc {

// The most that a side may be allowed to send; a peer that gives more has lost count.
inline constexpr std::uint64_t kMaxStreamCredit = 0x7fffffff;

// What the streams of a connection hold beyond their first windows. Of the I/O thread.
class StreamBudget {
public:
    explicit StreamBudget(std::size_t limit) : left_(limit) {}

    [[nodiscard]] bool take(std::size_t bytes) noexcept {
        if (bytes > left_) return false;
        left_ -= bytes;
        return true;
    }

    void give(std::size_t bytes) noexcept { left_ += bytes; }

    [[nodiscard]] std::size_t left() const noexcept { return left_; }

private:
    std::size_t left_;
};

// Items on their way to the peer, one behind the other as bytes. One thread at a time.
class OutgoingStream {
public:
    // What the peer has agreed to take. False: more than anybody may give.
    [[nodiscard]] bool grant(std::uint64_t bytes) noexcept;

    // Whether one more item may be given to take(): there is credit for the beginning of it, and
    // less than `most` bytes wait. So the writer is never more than one item ahead of its reader.
    [[nodiscard]] bool accepts(std::size_t most) const noexcept {
        return !ended_ && waiting() < most && waiting() < credit_;
    }

    // The bytes of one packed item, which is left empty; a large one is not copied.
    void take(codec::Buffer& item);

    // Nothing more comes after what was taken.
    void end() noexcept { ended_ = true; }

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    // Bytes that wait to be sent.
    [[nodiscard]] std::size_t waiting() const noexcept { return pending_.size() - begin_; }

    [[nodiscard]] bool can_send() const noexcept { return waiting() > 0 && credit_ > 0; }

    // The next bytes that may be sent, at most `most`; then sent() says that they were.
    [[nodiscard]] codec::Bytes next(std::size_t most) const noexcept;
    void sent(std::size_t bytes) noexcept;

    [[nodiscard]] std::uint64_t credit() const noexcept { return credit_; }

    // Whether anything has ever been sent.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

    // Nothing of it is sent any more.
    void drop() noexcept;

    // The peer that gave it is not the one that will get this.
    void forget_credit() noexcept { credit_ = 0; }

private:
    codec::Buffer pending_;
    std::size_t begin_ = 0;  // what of pending_ has been sent
    std::uint64_t credit_ = 0;
    bool ended_ = false;
    bool has_begun_ = false;
};

// Items that come from the peer. `Scanner` finds their ends, so a message may end anywhere in an
// item. One thread at a time.
class IncomingStream {
public:
    // `items` limits each item.
    IncomingStream(const codec::Limits& items, const StreamOptions& options);

    // The next bytes of the peer. Nothing, or the rule that they break.
    [[nodiscard]] std::optional<std::string> feed(codec::Bytes bytes);
    // The peer has sent all. Nothing, or the rule that this breaks.
    [[nodiscard]] std::optional<std::string> end();

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    // Whether whole items are here.
    [[nodiscard]] bool has_items() const noexcept { return !whole_.empty(); }

    // Moves all whole items to `to`. They count until consumed() says that they were read.
    void take(codec::Buffer& to);

    void consumed(std::size_t bytes) noexcept { unread_ -= bytes; }

    // The reader has nothing to read and waits.
    void wait() noexcept { hungry_ = true; }

    // Whether enough was read that the peer should hear of it.
    [[nodiscard]] bool credit_due() const noexcept;
    // The credit to give now, which may be 0; nothing if the connection has no room for an item
    // that is larger than the window.
    [[nodiscard]] std::optional<std::uint64_t> give_credit(StreamBudget& budget);
    // Gives back what it has of the budget.
    void settle(StreamBudget& budget) noexcept;

    // Bytes that are held: not read yet, and of the item that is not whole.
    [[nodiscard]] std::size_t held() const noexcept { return unread_ + reader_.held_bytes(); }

    [[nodiscard]] std::uint64_t allowed() const noexcept { return allowed_; }

    [[nodiscard]] std::size_t window() const noexcept { return window_; }

private:
    // Whether the reader waits for the rest of an item: that item needs no room of the window.
    [[nodiscard]] bool awaits_rest() const noexcept { return hungry_ && unread_ == 0; }

    [[nodiscard]] std::size_t missing_credit() const noexcept;

    codec::MessageReader reader_;
    codec::Buffer whole_;
    std::size_t unread_ = 0;  // bytes of whole items that were not consumed, taken or not
    std::size_t window_;
    const std::size_t max_window_;
    std::uint64_t allowed_;       // what the peer may still send
    std::size_t grown_ = 0;       // of the budget, for the window
    std::size_t large_item_ = 0;  // of the budget, for an item beyond the window
    std::uint64_t received_ = 0;  // since the window grew last
    bool hungry_ = false;
    bool ended_ = false;
};

}  // namespace rollcall::rpc
