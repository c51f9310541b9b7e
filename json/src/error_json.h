#pragma once
// Errors for machines.

#include <rollcall/base/error.h>

#include "json_value.h"

namespace rollcall::json {

// {"code", "message", "sent"} and, where they are known, "method", "endpoint" and "data".
[[nodiscard]] Json error_json(const Error& error);

}  // namespace rollcall::json
