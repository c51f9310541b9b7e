#pragma once
// Requests that show a token which nobody knows: somebody guesses, or was not told of a new one.

#include <rollcall/base/clock.h>
#include <rollcall/base/endpoint.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace rollcall::registry {

// Counts them by connection, and says of them what a log can bear. Pure. Thread safety: one thread.
class RejectedTokens {
public:
    // The connection that shows so many is closed with the answer to the last of them.
    static constexpr int kPerConnectionMax = 10;
    // Between two lines of the log.
    static constexpr Duration kInterval = std::chrono::minutes{1};

    // Remembers so many connections; beyond that the one that began the longest ago is forgotten.
    explicit RejectedTokens(std::size_t connections_max) : connections_max_(connections_max) {}

    // True if this connection has shown too many.
    [[nodiscard]] bool add(std::uint64_t connection, const Endpoint& peer);

    // A line for the log: of the first one at once, of further ones once per interval, together.
    // Nothing if there is nothing to say now.
    [[nodiscard]] std::optional<std::string> report(TimePoint now);

private:
    const std::size_t connections_max_;
    std::unordered_map<std::uint64_t, int> shown_;  // by connection
    std::deque<std::uint64_t> order_;               // of shown_
    std::uint64_t unsaid_ = 0;
    Endpoint last_;
    std::optional<TimePoint> said_;
};

}  // namespace rollcall::registry
