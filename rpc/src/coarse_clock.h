#pragma once
// The time as it was at the kernel's last tick.

#include <rollcall/base/clock.h>
#include <rollcall/base/deadline.h>

#include <chrono>
#include <ctime>

namespace rollcall::rpc {

// A point of SteadyClock at most a tick (some milliseconds) old and never ahead of it, for a
// quarter of the price.
// Source: clock_gettime(2), CLOCK_MONOTONIC_COARSE; SteadyClock is CLOCK_MONOTONIC.
[[nodiscard]] inline TimePoint coarse_now() noexcept {
    std::timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return TimePoint{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

// Whether a deadline has passed, exactly: far from it the coarse clock knows.
[[nodiscard]] inline bool has_passed(Deadline deadline) noexcept {
    constexpr std::chrono::milliseconds kLongerThanATick{20};
    if (deadline.is_never() || deadline.point() - coarse_now() > kLongerThanATick) return false;
    return deadline.expired(SteadyClock::now());
}

}  // namespace rollcall::rpc
