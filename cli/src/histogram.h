#pragma once
// Latencies, counted in buckets that are never wider than a 64th of their value.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rollcall::cli {

// Constant memory whatever is recorded. Thread safety: one thread at a time.
class Histogram {
public:
    Histogram();

    // Less than nothing counts as nothing.
    void record(Duration latency);
    void add(const Histogram& other);

    [[nodiscard]] std::uint64_t count() const { return count_; }

    // The smallest latency that at least `fraction` (0 to 1) of all stay within, to a 64th; zero if
    // nothing was recorded.
    [[nodiscard]] Duration quantile(double fraction) const;

private:
    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
};

}  // namespace rollcall::cli
