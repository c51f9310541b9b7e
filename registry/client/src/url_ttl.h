#pragma once
// The lease in the query of a registry's URL.

#include <rollcall/http/url.h>

#include <chrono>

namespace rollcall::registry {

// ?ttl=SECONDS, from 0.03 to 86400, with a fraction if wanted; `otherwise` if it is not given. The
// error (invalid_argument) says what is allowed.
[[nodiscard]] Result<std::chrono::milliseconds> ttl_in(
    const http::Url& url, std::chrono::milliseconds otherwise
);

}  // namespace rollcall::registry
