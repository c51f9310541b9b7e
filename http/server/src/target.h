#pragma once
// The target of a request line: path and query.

#include <rollcall/base/result.h>
#include <rollcall/http/request.h>

#include <string_view>

namespace rollcall::http {

// Splits and percent-decodes `target` into request.path and request.query. Error: what is wrong
// with the encoding (invalid_argument).
[[nodiscard]] Result<void> parse_target(std::string_view target, Request& request);

}  // namespace rollcall::http
