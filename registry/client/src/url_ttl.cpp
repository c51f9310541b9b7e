#include "url_ttl.h"

#include <charconv>

namespace rollcall::registry {

Result<std::chrono::milliseconds> ttl_in(
    const http::Url& url, std::chrono::milliseconds otherwise
) {
    const auto ttl = url.parameter("ttl");
    if (!ttl) return otherwise;
    double seconds = 0;
    const char* const end = ttl->data() + ttl->size();
    const auto [rest, ec] = std::from_chars(ttl->data(), end, seconds);
    if (ec != std::errc{} || rest != end || !(seconds >= 0.03 && seconds <= 86400.0)) {
        return Error{Errc::invalid_argument, "ttl must be a number of seconds from 0.03 to 86400"};
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000.0)};
}

}  // namespace rollcall::registry
