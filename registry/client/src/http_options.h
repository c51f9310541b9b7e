#pragma once
// From what a registry asks for to the options of the HTTP client.

#include <rollcall/http/client.h>
#include <rollcall/registry/access_options.h>

namespace rollcall::registry {

// An error (invalid_argument) if the token cannot be sent or, for https, a file cannot be used: now
// rather than at each attempt.
[[nodiscard]] Result<http::ClientOptions> http_options(
    const http::Url& url, const AccessOptions& access
);

}  // namespace rollcall::registry
