#pragma once
// GET /: the registry in a browser. One HTML text without anything from elsewhere; what it shows
// it reads from /v1 like every other client.

#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include <optional>

namespace rollcall::registry {

// The answer, or nothing if the path is not the page's. Needs no state and no token: there is
// nothing in the page that is not in the program.
[[nodiscard]] std::optional<http::Response> page_answer(const http::Request& request);

}  // namespace rollcall::registry
