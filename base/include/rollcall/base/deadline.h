#pragma once
// The moment a piece of work must be over.

#include <rollcall/base/clock.h>

#include <algorithm>

namespace rollcall {

// A point on the steady clock, or never. A small value; pass it on instead of a time-out, so that
// several steps share one budget.
class Deadline {
public:
    // Never expires.
    constexpr Deadline() = default;

    [[nodiscard]] static constexpr Deadline never() { return {}; }

    [[nodiscard]] static constexpr Deadline at(TimePoint point) { return Deadline{point}; }

    // `after` from now on; zero or less has expired already. Saturates instead of overflowing.
    [[nodiscard]] static Deadline in(Duration after, TimePoint now = SteadyClock::now()) {
        return after >= TimePoint::max() - now ? never() : Deadline{now + after};
    }

    [[nodiscard]] constexpr TimePoint point() const { return point_; }

    [[nodiscard]] constexpr bool is_never() const { return point_ == TimePoint::max(); }

    [[nodiscard]] bool expired(TimePoint now = SteadyClock::now()) const { return now >= point_; }

    // Time left, never negative; Duration::max() if it never expires.
    [[nodiscard]] Duration remaining(TimePoint now = SteadyClock::now()) const {
        if (is_never()) return Duration::max();
        return now >= point_ ? Duration::zero() : point_ - now;
    }

    [[nodiscard]] Deadline earlier(Deadline other) const {
        return Deadline{std::min(point_, other.point_)};
    }

    friend constexpr auto operator<=>(Deadline, Deadline) = default;

private:
    explicit constexpr Deadline(TimePoint point) : point_(point) {}

    TimePoint point_ = TimePoint::max();
};

}  // namespace rollcall
