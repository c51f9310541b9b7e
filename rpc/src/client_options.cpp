#include "client_options.h"

#include "stream_limits.h"

#include <cmath>
#include <stdexcept>

namespace rollcall::rpc {
namespace {

constexpr Duration kLongestBackoff = std::chrono::hours{1};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

void check(const BackoffOptions& backoff) {
    require(
        backoff.min > Duration::zero() && backoff.min <= backoff.max &&
            backoff.max <= kLongestBackoff,
        "ClientOptions::backoff needs 0 < min <= max <= 1 h"
    );
    require(
        backoff.growth >= 1.0 && std::isfinite(backoff.growth),
        "ClientOptions::backoff.growth must be finite and at least 1"
    );
    require(
        backoff.jitter >= 0.0 && backoff.jitter <= 1.0,
        "ClientOptions::backoff.jitter must be from 0 to 1"
    );
}

}  // namespace

ClientOptions checked(ClientOptions options) {
    check(options.backoff);
    require(
        options.call_timeout > Duration::zero(), "ClientOptions::call_timeout must be positive"
    );
    require(
        options.connect_timeout > Duration::zero(),
        "ClientOptions::connect_timeout must be positive"
    );
    require(
        options.keepalive_interval >= Duration::zero() &&
            options.keepalive_timeout > Duration::zero(),
        "ClientOptions: keepalive_interval must not be negative, keepalive_timeout positive"
    );
    require(options.max_in_flight > 0, "ClientOptions::max_in_flight must be positive");
    require(options.max_queued > 0, "ClientOptions::max_queued must be positive");
    require(options.pool_threads > 0, "ClientOptions::pool_threads must be positive");
    require(options.max_request_bytes > 0, "ClientOptions::max_request_bytes must be positive");
    require(options.write_queue_bytes > 0, "ClientOptions::write_queue_bytes must be positive");
    require(
        options.limits.max_message_bytes > 0,
        "ClientOptions::limits.max_message_bytes must be positive"
    );
    require(
        options.limits.max_depth > 0 && options.limits.max_depth <= codec::kMaxDepth,
        "ClientOptions::limits.max_depth must be from 1 to 128"
    );
    check_streams("ClientOptions", options.streams);
    if (!options.io) options.io = IoThreads::shared();
    return options;
}

}  // namespace rollcall::rpc
