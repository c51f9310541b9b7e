#pragma once
// Dates for people. Nothing is decided by them: leases live on the steady clock.

#include <rollcall/base/clock.h>

#include <array>
#include <chrono>
#include <cstdint>
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

// One moment keeps its date for as long as nobody sets the wall clock by more than a second.
// One thread at a time.
class WallClock {
public:
    // Since 1970.
    [[nodiscard]] std::int64_t milliseconds(TimePoint moment) {
        const auto offset = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now().time_since_epoch() -
            SteadyClock::now().time_since_epoch()
        );
        if (std::chrono::abs(offset - offset_) > std::chrono::seconds{1}) offset_ = offset;
        return std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch())
                   .count() +
               offset_.count();
    }

private:
    std::chrono::milliseconds offset_{0};
};

}  // namespace rollcall::registry
