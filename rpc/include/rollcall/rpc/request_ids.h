#pragma once
// A layer that gives each call a name for logs.

#include <rollcall/rpc/middleware.h>

#include <cstddef>
#include <type_traits>

namespace rollcall::rpc {

struct RequestIdOptions {
    // Of a server: whether the ids of peers are taken over. False: each request gets a new one.
    bool accept = true;
    // An id that is longer, or has anything but printable ASCII in it, is replaced.
    std::size_t max_bytes = 128;
};

static_assert(std::is_trivially_copyable_v<RequestIdOptions>);

// On a server: a request has an id from here on, the caller's or a new one of 32 hexadecimal
// digits; it is in the handler's metadata, is taken over by the calls that the handler makes, and
// goes back with the reply, as `request-id`. On a client: calls that have none get one. A server
// that does not understand metadata gets none.
[[nodiscard]] MiddlewarePtr request_ids(RequestIdOptions options = RequestIdOptions());

}  // namespace rollcall::rpc
