#pragma once
// How soon to watch a registry again that does not keep its watchers waiting.

#include <rollcall/base/clock.h>

namespace rollcall::discovery {

// The registry wakes those who wait at a bounded pace; but one who comes back with an old list is
// answered at once. So whoever watches has to keep the pace too: a pause after each watch that did
// not last, short for twenty of them in a row, growing to a second while that goes on. The change
// that comes first after quiet times finds somebody waiting. Pure. One thread at a time.
class WatchPace {
public:
    // A watch has brought news, or has failed or ended before its time.
    void on_early_end(TimePoint now);

    // Not before this; in the past if nothing speaks against it.
    [[nodiscard]] TimePoint next() const { return next_; }

private:
    // A token bucket of early ends. Times and burst as the registry's own (WakePace), so that
    // nobody is told later for this.
    static constexpr double kBurst = 20;
    double tokens_ = kBurst;
    TimePoint counted_{};
    TimePoint next_{};
};

}  // namespace rollcall::discovery
