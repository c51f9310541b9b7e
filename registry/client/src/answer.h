#pragma once
// What a registry's HTTP answer means, or why there is none.

#include <rollcall/http/client.h>

#include <chrono>
#include <string>
#include <string_view>

namespace rollcall::registry {

using Answer = http::Client::Response;

// A request to a registry that failed on the way: registry_failed with the same message, but a
// cancelled request stays cancelled.
[[nodiscard]] Error unreachable(const Error& error);

// An answer that says no: registry_failed with the request, the status and what the registry
// wrote about it.
[[nodiscard]] Error refused(std::string_view request, const Answer& answer);

// Three renewals per lease, and never too few milliseconds to matter.
[[nodiscard]] std::chrono::milliseconds interval_for(std::chrono::milliseconds ttl);

inline constexpr std::chrono::milliseconds kMinInterval{10};
inline constexpr std::chrono::milliseconds kMaxInterval{3600 * 1000};

}  // namespace rollcall::registry
