#pragma once
// How a handler is to be run. Users need server.h or client.h only.

#include <cstddef>
#include <type_traits>

namespace rollcall::rpc {

// Where a handler runs.
enum class RunOn {
    io,    // on the connection's I/O thread: fastest; it must not block
    pool,  // on the server's pool of threads: it may block
};

// Trivially copyable, so that it may stand in a co_await expression.
struct HandlerOptions {
    RunOn run = RunOn::io;
    // Of the method's requests, on all connections together, how many may be under way, those that
    // wait for the pool included; one more is refused as OVERLOADED, not executed. 0: as many as
    // the other limits allow. Plain handlers that run inline end at once and are not counted.
    std::size_t max_in_flight = 0;
};

static_assert(std::is_trivially_copyable_v<HandlerOptions>);

}  // namespace rollcall::rpc
