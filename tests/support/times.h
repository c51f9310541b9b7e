#pragma once
// What many measured times say.

#include <rollcall/base/clock.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace rollcall::tests {

// The time that `part` of them (0 to 1) do not exceed; 0 of none.
[[nodiscard]] inline Duration percentile(std::vector<Duration> times, double part) {
    if (times.empty()) return Duration::zero();
    std::sort(times.begin(), times.end());
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
}

[[nodiscard]] inline double seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

[[nodiscard]] inline double milliseconds(Duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace rollcall::tests
