#pragma once
// What may be repeated, and how often.

#include <rollcall/base/deadline.h>
#include <rollcall/base/error.h>

#include <atomic>
#include <cmath>
#include <cstdint>

namespace rollcall::discovery {

// Whether another instance may do better. False for what the peer answered and for what is wrong on
// this side.
[[nodiscard]] bool may_go_elsewhere(Errc code) noexcept;

// Whether the instance itself is to blame, so that it is avoided.
[[nodiscard]] bool blames_instance(Errc code) noexcept;

// Whether one such error says enough: nobody is there, or wants to be.
[[nodiscard]] bool is_certain(Errc code) noexcept;

// Of an attempt that another one may follow: `fixed` from now, or if that is zero half of what is
// left of `all`.
[[nodiscard]] Deadline deadline_of_one(Deadline all, Duration fixed, TimePoint now);

// What the ratio of a budget may be: beyond it, it would be none.
inline constexpr double kMostRatio = 1000;

// Calls put in a share of a retry each; retries take out a whole one. Thread safety: any thread,
// without locks.
class RetryBudget {
public:
    RetryBudget(double ratio, unsigned burst)
        : share_(std::llround(ratio * kWhole)), most_(burst * kWhole), left_(most_) {}

    void on_call() {
        // Calls at the same moment may exceed the most by their shares.
        if (left_.load(std::memory_order_relaxed) < most_)
            left_.fetch_add(share_, std::memory_order_relaxed);
    }

    [[nodiscard]] bool take() {
        std::int64_t left = left_.load(std::memory_order_relaxed);
        while (left >= kWhole) {
            if (left_.compare_exchange_weak(left, left - kWhole, std::memory_order_relaxed))
                return true;
        }
        return false;
    }

private:
    static constexpr std::int64_t kWhole = 1'000'000;

    const std::int64_t share_;
    const std::int64_t most_;
    std::atomic<std::int64_t> left_;
};

}  // namespace rollcall::discovery
