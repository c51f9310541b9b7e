#pragma once
// What an error answer of Redis means to whoever runs it.

#include <string>
#include <string_view>

namespace rollcall::registry {

// The answer, printable, and what to do about it if that is known: "NOAUTH Authentication
// required. (give the password: ...)".
[[nodiscard]] std::string explain_redis_error(std::string_view answer);

// The same of the answer to AUTH. Redis repeats the words of commands that it does not know, so
// only the first word of the answer is shown: "NOAUTH (give the password: ...)".
[[nodiscard]] std::string explain_refused_login(std::string_view answer);

// Whether it is a replica that answers, which will not write on this connection as long as it is
// one.
[[nodiscard]] bool is_of_replica(std::string_view answer);

}  // namespace rollcall::registry
