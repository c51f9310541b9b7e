#pragma once
// What the kernel says about another process.

#include "verdict.h"

#include <optional>
#include <sys/types.h>

namespace rollcall::soak {

// Nothing once it has ended.
[[nodiscard]] std::optional<Usage> usage_of(pid_t process);

}  // namespace rollcall::soak
