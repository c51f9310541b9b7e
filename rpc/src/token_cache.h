#pragma once
// Tokens that somebody else has said are valid.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/token_set.h>

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::rpc {

// Keeps each for a time, and at most so many: what was used least lately makes room. Only valid
// tokens come in, so who has none can neither fill it nor make its hashes collide. Thread safety:
// any thread.
class TokenCache {
public:
    TokenCache(Duration keep, std::size_t most) : keep_(keep), most_(most) {}

    [[nodiscard]] std::optional<Principal> find(std::string_view token, TimePoint now);
    // As it was said at `said`.
    void put(std::string_view token, const Principal& principal, TimePoint said);

    [[nodiscard]] std::size_t size() const;

private:
    struct Entry {
        std::string token;
        Principal principal;
        TimePoint ends{};
    };

    using Order = std::list<Entry>;

    void erase(Order::iterator at);

    const Duration keep_;
    const std::size_t most_;
    mutable std::mutex mutex_;
    Order order_;                                                     // the latest first
    std::unordered_map<std::string_view, Order::iterator> by_token_;  // of the entries' tokens
};

}  // namespace rollcall::rpc
