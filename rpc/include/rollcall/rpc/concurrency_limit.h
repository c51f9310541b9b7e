#pragma once
// A layer that lets only so many calls be under way.

#include <rollcall/rpc/middleware.h>

#include <cstddef>
#include <map>
#include <string>

namespace rollcall::rpc {

struct ConcurrencyLimitOptions {
    std::size_t in_flight = 256;  // of all calls that go through this layer
    // Of a method besides, by its name.
    std::map<std::string, std::size_t, std::less<>> per_method = {};
};

// One more is OVERLOADED: not executed, so that clients of a service go elsewhere. On a server a
// call counts until its handler has ended, on a client until its caller is told. One layer that is
// given to several clients limits them together. Throws std::invalid_argument for a limit of 0.
[[nodiscard]] MiddlewarePtr concurrency_limit(
    ConcurrencyLimitOptions options = ConcurrencyLimitOptions()
);

}  // namespace rollcall::rpc
