#pragma once
// A layer that writes a line for each call.

#include <rollcall/base/clock.h>
#include <rollcall/base/log.h>
#include <rollcall/rpc/middleware.h>

#include <cstddef>
#include <type_traits>

namespace rollcall::rpc {

struct AccessLogOptions {
    // A call that takes at least this long is slow: a warning, whatever `every` says. Zero: none
    // is.
    Duration slow = Duration::zero();
    // Of the calls that end well and are not slow each so many-th is logged: 1 all of them, 0 none.
    std::size_t every = 1;
};

static_assert(std::is_trivially_copyable_v<AccessLogOptions>);

// On either end. One line for each call that has ended, at level info; what has failed or was slow
// is a warning:
//
//     served add for 127.0.0.1:53122: ok in 0.041 ms, 12 bytes in, 5 out, request-id 5d1..
//     called add at 127.0.0.1:9000: OVERLOADED: 256 calls are in flight in 0.200 ms, ...
//
// What a peer has sent is escaped. Lines are made only if `log` takes them.
[[nodiscard]] MiddlewarePtr access_log(Log log, AccessLogOptions options = AccessLogOptions());

}  // namespace rollcall::rpc
