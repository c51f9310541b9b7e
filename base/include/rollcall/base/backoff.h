#pragma once
// How long to wait before trying again.

#include <rollcall/base/clock.h>

namespace rollcall {

struct BackoffOptions {
    Duration min = std::chrono::milliseconds{50};    // the first delay, before jitter
    Duration max = std::chrono::milliseconds{1000};  // the longest delay, before jitter
    double growth = 2.0;                             // factor from one failure to the next
    double jitter = 0.5;  // the delay is drawn from [delay * (1 - jitter), delay]
};

// Exponential backoff with jitter, so that many clients of one restarted server do not return in
// step. Pure: the caller waits. Thread safety: one thread at a time.
class Backoff {
public:
    Backoff() = default;

    explicit Backoff(BackoffOptions options) : options_(options) {}

    // The delay after one more failure; `unit` in [0, 1) is the randomness.
    [[nodiscard]] Duration next(double unit);

    // After a success.
    void reset() { failures_ = 0; }

    [[nodiscard]] unsigned failures() const { return failures_; }

private:
    BackoffOptions options_;
    unsigned failures_ = 0;
};

}  // namespace rollcall
