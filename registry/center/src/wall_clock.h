#pragma once
// Dates for people. Nothing is decided by them: leases live on the steady clock.

#include <rollcall/base/clock.h>

#include <array>
#include <chrono>
#include <ctime>
#include <string>

namespace rollcall::registry {

// The wall clock's time of a moment in the past.
[[nodiscard]] inline std::chrono::system_clock::time_point wall_time(
    TimePoint moment, TimePoint now
) {
    return std::chrono::system_clock::now() -
           std::chrono::duration_cast<std::chrono::system_clock::duration>(now - moment);
}

// The same as "2026-11-21T16:00:00Z".
[[nodiscard]] inline std::string rfc3339(TimePoint moment, TimePoint now) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(wall_time(moment, now));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

}  // namespace rollcall::registry
