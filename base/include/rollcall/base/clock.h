#pragma once
// Time: the steady clock, and a clock that can be replaced in tests.

#include <chrono>
#include <functional>
#include <utility>

namespace rollcall {

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;
using Duration = SteadyClock::duration;

// A source of "now", a value that can be copied. The default is the steady clock; tests pass a
// manual one (rollcall::testing::ManualClock). Pure decisions take a TimePoint instead of this.
// Thread safety: now() from any thread if the function given allows it.
class Clock {
public:
    Clock() = default;

    explicit Clock(std::function<TimePoint()> now) : now_(std::move(now)) {}

    [[nodiscard]] TimePoint now() const { return now_ ? now_() : SteadyClock::now(); }

private:
    std::function<TimePoint()> now_;
};

}  // namespace rollcall
