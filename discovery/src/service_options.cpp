#include "service_options.h"

#include "connection_turns.h"
#include "retry.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rollcall::discovery {
namespace {

constexpr Duration kMaxDialBackoff = std::chrono::milliseconds{200};
// As good as for ever, and far from where sums of times overflow.
constexpr Duration kYear = std::chrono::hours{24 * 365};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

void check_calls(const ServiceClientOptions& options) {
    const Duration none{0};
    require(options.call_timeout > none, "ServiceClientOptions::call_timeout must be positive");
    require(
        options.attempt_timeout >= none,
        "ServiceClientOptions::attempt_timeout must not be negative"
    );
    require(options.max_attempts > 0, "ServiceClientOptions::max_attempts must be positive");
    require(
        options.retry_ratio >= 0 && options.retry_ratio <= kMostRatio,
        "ServiceClientOptions::retry_ratio must be from 0 to 1000"
    );
    require(options.max_waiting > 0, "ServiceClientOptions::max_waiting must be positive");
    require(
        options.connections > 0 && options.connections <= ConnectionTurns::kMost,
        "ServiceClientOptions::connections must be from 1 to 64"
    );
    require(
        options.client.connect_timeout > none,
        "ServiceClientOptions::client.connect_timeout must be positive"
    );
}

void check_avoiding(const ServiceClientOptions& options) {
    const Duration none{0};
    const BackoffOptions& avoid = options.avoid;
    require(
        avoid.min >= none && avoid.max >= avoid.min,
        "ServiceClientOptions::avoid needs 0 <= min <= max"
    );
    require(
        avoid.growth >= 1 && std::isfinite(avoid.growth),
        "ServiceClientOptions::avoid.growth must be finite and at least 1"
    );
    require(
        avoid.jitter >= 0 && avoid.jitter <= 1,
        "ServiceClientOptions::avoid.jitter must be from 0 to 1"
    );
    require(options.avoid_after > 0, "ServiceClientOptions::avoid_after must be positive");
    require(options.avoid_rate > 0, "ServiceClientOptions::avoid_rate must be positive");
    require(options.avoid_window > none, "ServiceClientOptions::avoid_window must be positive");
}

void bound_times(ServiceClientOptions& options) {
    for (Duration* const time :
         {&options.call_timeout,
          &options.attempt_timeout,
          &options.avoid.min,
          &options.avoid.max,
          &options.avoid_window,
          &options.hedge.after,
          &options.client.connect_timeout})
        *time = std::min(*time, kYear);
}

}  // namespace

ServiceClientOptions checked(ServiceClientOptions options) {
    check_calls(options);
    check_avoiding(options);
    bound_times(options);
    if (!options.client.io) options.client.io = rpc::IoThreads::shared();
    if (!options.token.empty()) options.client.token = options.token;
    options.client.backoff.max = std::min(options.client.backoff.max, kMaxDialBackoff);
    options.client.backoff.min = std::min(options.client.backoff.min, options.client.backoff.max);
    // For the words of its errors; each call comes with a deadline of its own.
    options.client.call_timeout = options.call_timeout;
    // Whether to wait for an instance or to try another is decided here, not in its client.
    options.client.wait_for_ready = false;
    if (!options.selector) options.selector = make_selector(options.select);
    // Clients are made when they are needed; options that they refuse are refused now.
    const rpc::Client accepts_options{Endpoint{"127.0.0.1", 1}, options.client};
    return options;
}

}  // namespace rollcall::discovery
