#pragma once
// The time as it was at the kernel's last tick.

#include <rollcall/base/clock.h>

#include <ctime>

namespace rollcall::rpc {

// A point of SteadyClock at most a tick (some milliseconds) old and never ahead of it, for a
// quarter of the price: what is late by it is late.
// Source: clock_gettime(2), CLOCK_MONOTONIC_COARSE; SteadyClock is CLOCK_MONOTONIC.
[[nodiscard]] inline TimePoint coarse_now() noexcept {
    std::timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return TimePoint{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

}  // namespace rollcall::rpc
