#pragma once
// What the instances of one client know of each other.

#include "health.h"

#include <atomic>
#include <cstddef>

namespace rollcall::discovery {

// When an instance that answers is avoided all the same.
struct RateRule {
    double rate;          // at least this part of its calls fails; above 1: never
    std::uint64_t calls;  // of at least so many
};

// Thread safety: any thread. Without locks while all is well.
class Neighbours {
public:
    explicit Neighbours(RateRule rule) : rule_(rule) {}

    void set_members(std::size_t members) { members_.store(members, std::memory_order_relaxed); }

    // None of them is avoided.
    [[nodiscard]] bool all_well() const { return avoided_.load(std::memory_order_relaxed) == 0; }

    // How often that has changed.
    [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

    // After the instance says so itself.
    void on_avoided(bool is_bad, int change);

    void on_outcome(bool failed) {
        all_.fetch_add(1, std::memory_order_relaxed);
        if (failed) failed_.fetch_add(1, std::memory_order_relaxed);
    }

    // Of all of them together, ever.
    [[nodiscard]] Outcomes totals() const {
        return {all_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed)};
    }

    // Whether one with these outcomes is to be avoided for them: it fails much more often than the
    // others together, and at most half would be avoided for that.
    [[nodiscard]] bool stands_out(const SharedOutcomes& lately) const;

private:
    const RateRule rule_;
    std::atomic<std::size_t> members_{0};
    std::atomic<int> avoided_{0};
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<int> bad_{0};  // avoided for the errors they answer with
    std::atomic<std::uint64_t> all_{0};
    std::atomic<std::uint64_t> failed_{0};
};

}  // namespace rollcall::discovery
