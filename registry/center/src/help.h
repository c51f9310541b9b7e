#pragma once
// Answers to requests for something that does not exist.

#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include <string>
#include <string_view>

namespace rollcall::registry {

// 404 that names the nearest resource there is.
[[nodiscard]] http::Response no_such_resource(
    const http::Request& request, std::string_view header_path
);

// 503 for lists during the warm-up.
[[nodiscard]] http::Response warming_up();

}  // namespace rollcall::registry
