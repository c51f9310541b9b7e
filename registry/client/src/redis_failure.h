#pragma once
// What an error answer of Redis means to whoever runs it.

#include <string>
#include <string_view>

namespace rollcall::registry {

// The answer, printable, and what to do about it if that is known: "NOAUTH Authentication
// required. (give the password: ...)".
[[nodiscard]] std::string explain_redis_error(std::string_view answer);

}  // namespace rollcall::registry
