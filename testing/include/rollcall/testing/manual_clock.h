#pragma once
// A clock that stands still until it is told otherwise.

#include <rollcall/base/clock.h>

#include <atomic>
#include <memory>

namespace rollcall::testing {

// For tests of code that takes a rollcall::Clock or a TimePoint. Starts at an arbitrary moment.
// Copies, and the Clocks it yields, share one time and may outlive it. Thread safety: any thread.
class ManualClock {
public:
    ManualClock() : now_(std::make_shared<Shared>(SteadyClock::now())) {}

    [[nodiscard]] TimePoint now() const { return now_->load(); }

    // Forward; a negative duration is ignored, because a steady clock never goes back.
    void advance(Duration by) {
        if (by <= Duration::zero()) return;
        TimePoint before = now_->load();
        while (!now_->compare_exchange_weak(before, before + by)) {
        }
    }

    [[nodiscard]] Clock clock() const {
        return Clock{[now = now_] { return now->load(); }};
    }

private:
    using Shared = std::atomic<TimePoint>;

    std::shared_ptr<Shared> now_;
};

}  // namespace rollcall::testing
