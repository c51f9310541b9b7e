#pragma once
// Requests that have been read from a connection at its limits.

#include <rollcall/base/clock.h>
#include <rollcall/base/error.h>
#include <rollcall/codec/buffer.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace rollcall::rpc {

// In the order in which they came. They wait here, so that what comes behind them is heard: the
// end of the peer, its answers, `$/cancel`. What is about a stream whose request waits here waits
// behind it. Pure; one thread at a time.
class HeldRequests {
public:
    struct Held {
        std::string message;
        std::optional<std::uint32_t> id;  // none of a notification
        TimePoint read{};
        std::vector<std::string> behind{};  // messages about the stream that it opens
        Errc refused{};  // what it is to be answered with instead; none: it is to be handled
    };

    // As much as one read brings: then the connection is not read from any more.
    static constexpr std::size_t kMostBytes = std::size_t{256} << 10U;

    void push(codec::Bytes message, std::optional<std::uint32_t> id, TimePoint read);
    // A message about the stream that the request with this id opens, which waits here: with it.
    void push_behind(std::uint32_t id, codec::Bytes message);
    // There must be one.
    [[nodiscard]] Held pop();
    // It is not to be handled: the peer waits for it no longer (cancelled), or what belongs to it
    // finds no room here (overloaded). The first reason counts; of an unknown one nothing happens.
    void refuse(std::uint32_t id, Errc why);
    // Whether the request with this id waits here to be handled.
    [[nodiscard]] bool holds(std::uint32_t id) const;
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
