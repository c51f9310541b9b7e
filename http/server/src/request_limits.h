#pragma once
// The limits that the server answers for, below those at which the parser gives up.

#include <rollcall/http/server.h>

#include <optional>

namespace rollcall::http {

// The answer to a request that is too large: 413, 414 or 431.
[[nodiscard]] std::optional<Response> beyond_limits(
    const Request& request, const ServerOptions& options
);

}  // namespace rollcall::http
