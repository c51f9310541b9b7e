#pragma once
// From what a registry asks for to the options of the HTTP client.

#include <rollcall/http/client.h>
#include <rollcall/registry/access_options.h>

namespace rollcall::registry {

// An error (invalid_argument) if the token cannot be sent or, for an encrypted connection, a file
// cannot be used: now rather than at each attempt.
[[nodiscard]] Result<void> check_access(const AccessOptions& access, bool is_encrypted);

[[nodiscard]] http::ClientOptions http_options(const AccessOptions& access);

}  // namespace rollcall::registry
