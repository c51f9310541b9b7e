#pragma once
// A layer that lets each peer make only so many calls in a second.

#include <rollcall/rpc/middleware.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace rollcall::rpc {

// Whose call it is: calls with equal keys share what they may.
using RateKey = std::function<std::string(const Exchange&)>;

// The peer's address without its port; of IPv6 the first 64 bits, which is what one customer of a
// provider has; the user of a Unix domain socket.
[[nodiscard]] RateKey by_address();
// The subject of the peer's certificate; without one its address.
[[nodiscard]] RateKey by_certificate();
// What the call says of itself, "tenant" for example; without it the peer's address. Only behind
// something that makes it true: a peer that may choose its name has as many as it likes.
[[nodiscard]] RateKey by_metadata(std::string_view name);

struct RateLimitOptions {
    double per_second = 100;  // in the long run
    double burst = 200;       // at once, after a pause
    RateKey key = by_address();
    // Keys that are known at a time; for one more the one is forgotten that has called least
    // lately, and begins anew when it comes again.
    std::size_t max_peers = 10'000;
};

// One more is OVERLOADED, not executed; the sentence says how long to wait, and so does the
// error's data to peers that read it: {"retry_after_ms": 12}. Throws std::invalid_argument if an
// option makes no sense: per_second must be positive, burst and max_peers at least 1.
[[nodiscard]] MiddlewarePtr rate_limit(RateLimitOptions options = RateLimitOptions());

}  // namespace rollcall::rpc
