#pragma once
// What may be repeated, and how often.

#include <rollcall/base/error.h>

#include <algorithm>

namespace rollcall::discovery {

// Whether another instance may do better. False for what the peer answered and for what is wrong on
// this side.
[[nodiscard]] bool may_go_elsewhere(Errc code) noexcept;

// Whether the instance itself is to blame, so that it is avoided.
[[nodiscard]] bool blames_instance(Errc code) noexcept;

// Whether one such error says enough: nobody is there, or wants to be.
[[nodiscard]] bool is_certain(Errc code) noexcept;

// Pure. One thread at a time. Calls put in a share of a retry each; retries take out a whole one.
class RetryBudget {
public:
    RetryBudget(double ratio, unsigned burst) : ratio_(ratio), most_(burst), left_(burst) {}

    void on_call() { left_ = std::min(most_, left_ + ratio_); }

    [[nodiscard]] bool take() {
        if (left_ < 1) return false;
        left_ -= 1;
        return true;
    }

private:
    double ratio_;
    double most_;
    double left_;
};

}  // namespace rollcall::discovery
