#pragma once
// Log lines of the binary, on standard error.

#include <rollcall/base/log.h>

namespace rollcall::registry {

// With date and level, or as one JSON object per line. Thread safety: any thread.
[[nodiscard]] Log make_log(LogLevel lowest, bool json);

}  // namespace rollcall::registry
