#pragma once
// For how long an instance is left alone.

#include <rollcall/base/backoff.h>

namespace rollcall::discovery {

// Pure. One thread at a time. An instance that failed is avoided for a growing time. After that one
// call tries it, and the others go on avoiding it until that call has ended well.
class Avoidance {
public:
    explicit Avoidance(BackoffOptions times) : backoff_(times) {}

    // Avoided until then; TimePoint::min() if it never failed since it was last well.
    [[nodiscard]] TimePoint until() const { return until_; }

    // Before an attempt; `unit` in [0, 1) is the randomness. False if it is avoided.
    [[nodiscard]] bool take_probe(TimePoint now, double unit) {
        if (now < until_) return false;
        if (backoff_.failures() > 0) until_ = now + backoff_.next(unit);
        return true;
    }

    // Many calls fail with one connection: that counts once.
    void on_failure(TimePoint now, double unit) {
        if (now >= until_) until_ = now + backoff_.next(unit);
    }

    void on_success() {
        backoff_.reset();
        until_ = TimePoint::min();
    }

private:
    Backoff backoff_;
    TimePoint until_ = TimePoint::min();
};

}  // namespace rollcall::discovery
