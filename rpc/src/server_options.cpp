#include "server_options.h"

#include "stream_limits.h"

#include <stdexcept>
#include <utility>

namespace rollcall::rpc {
namespace {

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

}  // namespace

std::shared_ptr<const ServerOptions> checked(ServerOptions options) {
    require(options.io_threads > 0 || options.io, "ServerOptions::io_threads must be positive");
    require(options.pool_threads > 0, "ServerOptions::pool_threads must be positive");
    require(options.max_in_flight > 0, "ServerOptions::max_in_flight must be positive");
    require(options.max_connections > 0, "ServerOptions::max_connections must be positive");
    require(options.max_refusals > 0, "ServerOptions::max_refusals must be positive");
    require(options.max_handshakes > 0, "ServerOptions::max_handshakes must be positive");
    require(options.max_request_bytes > 0, "ServerOptions::max_request_bytes must be positive");
    require(
        options.write_queue_high > 0 && options.write_queue_hard >= options.write_queue_high,
        "ServerOptions::write_queue_hard must be at least write_queue_high, and both positive"
    );
    require(
        options.limits.max_message_bytes > 0,
        "ServerOptions::limits.max_message_bytes must be positive"
    );
    require(
        options.max_held_bytes / 2 >= options.limits.max_message_bytes,
        "ServerOptions::max_held_bytes must be at least twice limits.max_message_bytes"
    );
    require(
        options.limits.max_depth > 0 && options.limits.max_depth <= codec::kMaxDepth,
        "ServerOptions::limits.max_depth must be from 1 to 128"
    );
    check_streams("ServerOptions", options.streams);
    for (const Duration timeout :
         {options.call_timeout,
          options.first_byte_timeout,
          options.stall_timeout,
          options.idle_timeout,
          options.handshake_timeout,
          options.refusal_timeout,
          options.keepalive_timeout,
          options.tls_look_interval}) {
        require(timeout > Duration::zero(), "ServerOptions: time-outs must be positive");
    }
    require(options.max_pool_queue > 0, "ServerOptions::max_pool_queue must be positive");
    for (const Duration time : {options.max_queue_time, options.keepalive_interval})
        require(time >= Duration::zero(), "ServerOptions: times must not be negative");
    require(
        options.unix_mode <= 0777 && (options.unix_mode & 0600U) == 0600U,
        "ServerOptions::unix_mode must be from 0600 to 0777 and let the owner read and write"
    );
    require(
        options.drain_timeout >= Duration::zero(),
        "ServerOptions::drain_timeout must not be negative"
    );
    return std::make_shared<const ServerOptions>(std::move(options));
}

}  // namespace rollcall::rpc
