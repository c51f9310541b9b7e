#pragma once
// The bytes of an answer before its body.

#include <rollcall/http/response.h>

#include <string>

namespace rollcall::http {

// Whether HTTP allows a body with this status at all.
[[nodiscard]] bool status_has_body(int status) noexcept;

// Status line and headers, with the empty line that ends them.
[[nodiscard]] std::string response_head(const Response& response, bool keep_alive);

}  // namespace rollcall::http
