#pragma once
// Requests that have been read from a connection at its limits.

#include <rollcall/base/clock.h>
#include <rollcall/codec/buffer.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace rollcall::rpc {

// In the order in which they came. They wait here, so that what comes behind them is heard: the
// end of the peer, its answers, `$/cancel`. Pure; one thread at a time.
class HeldRequests {
public:
    struct Held {
        std::string message;
        std::optional<std::uint32_t> id;  // none of a notification
        TimePoint read{};
        bool cancelled = false;
    };

    // As much as one read brings: then the connection is not read from any more.
    static constexpr std::size_t kMostBytes = std::size_t{256} << 10U;

    void push(codec::Bytes message, std::optional<std::uint32_t> id, TimePoint read);
    // There must be one.
    [[nodiscard]] Held pop();
    // The peer waits for this one no longer; of an unknown one nothing happens.
    void cancel(std::uint32_t id);
    void clear();

    [[nodiscard]] bool empty() const { return held_.empty(); }

    // Memory, roughly.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    [[nodiscard]] bool is_full() const { return bytes_ >= kMostBytes; }

private:
    std::deque<Held> held_;
    std::unordered_map<std::uint32_t, Held*> by_id_;  // a deque leaves its elements where they are
    std::size_t bytes_ = 0;
};

}  // namespace rollcall::rpc
