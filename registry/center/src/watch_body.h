#pragma once
// What a watch asks for, as text.

#include <rollcall/base/clock.h>
#include <rollcall/base/result.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::registry {

inline constexpr Duration kMaxWait = std::chrono::seconds{60};
inline constexpr std::size_t kMaxWatchedServices = 256;
// Instead of a service: the list of services.
inline constexpr std::string_view kAllServices = "*";

// "30s", "500ms", "1m" or "30" (seconds). Longer ones than kMaxWait count as that.
[[nodiscard]] Result<Duration> wait_from(std::string_view text);

struct WatchRequest {
    std::vector<std::pair<std::string, std::string>> services;  // valid names, with their indexes
    Duration wait{0};
};

// {"services":{"a":"<index>","*":""},"wait":"30s"}; wait may be absent: no waiting.
[[nodiscard]] Result<WatchRequest> watch_from_json(std::string_view text);

}  // namespace rollcall::registry
