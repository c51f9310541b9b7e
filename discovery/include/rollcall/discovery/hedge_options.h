#pragma once
// When a call that is not answered yet is sent to a second instance as well.

#include <rollcall/base/clock.h>

namespace rollcall::discovery {

// For idempotent calls only: the first answer counts, the other attempt is cancelled. Off unless
// one of the first two is set. (Dean and Barroso, "The Tail at Scale", 2013.)
struct HedgeOptions {
    Duration after{0};    // a time that most calls do not need
    double quantile = 0;  // or: the time in which this part of all calls is answered, 0.95 say
    // At most this part of calls, and so many at once, is sent twice, so that a service that is
    // slow as a whole does not get twice the work.
    double ratio = 0.05;
    unsigned burst = 10;
};

}  // namespace rollcall::discovery
