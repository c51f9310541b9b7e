#pragma once
// What each of many peers may still do.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::rpc {

struct Rate {
    double per_second = 0;
    double burst = 0;
};

// A bucket that fills at a rate and holds a burst. Pure.
class TokenBucket {
public:
    TokenBucket(const Rate& rate, TimePoint now) noexcept : tokens_(rate.burst), filled_(now) {}

    // Takes one, or says how long it takes until there is one. Times need not be in order.
    [[nodiscard]] std::optional<Duration> take(const Rate& rate, TimePoint now) noexcept;

private:
    double tokens_;
    TimePoint filled_;
};

// A bucket for each key, at most so many; the one that was used least lately makes room. Pure; one
// thread at a time.
class RateTable {
public:
    RateTable(Rate rate, std::size_t max_keys) : rate_(rate), max_keys_(max_keys) {}

    [[nodiscard]] std::optional<Duration> take(std::string_view key, TimePoint now);

    [[nodiscard]] std::size_t size() const noexcept { return by_key_.size(); }

private:
    struct Entry {
        std::string key;
        TokenBucket bucket;
    };

    using Order = std::list<Entry>;

    const Rate rate_;
    const std::size_t max_keys_;
    Order order_;                                                   // the latest first
    std::unordered_map<std::string_view, Order::iterator> by_key_;  // of the entries' keys
};

}  // namespace rollcall::rpc
