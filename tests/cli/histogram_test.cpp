// Quantiles are right to a 64th, whatever the size of the latencies.
#include "histogram.h"

#include <gtest/gtest.h>

namespace rollcall::cli {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

TEST(Histogram, OfNothingIsZero) {
    const Histogram empty;
    EXPECT_EQ(empty.count(), 0U);
    EXPECT_EQ(empty.quantile(0.5), Duration::zero());
}

TEST(Histogram, IsExactToA64th) {
    for (std::int64_t value = 1; value < std::int64_t{1} << 61; value = value * 3 + 1) {
        Histogram one;
        one.record(nanoseconds{value});
        const std::int64_t shown = nanoseconds{one.quantile(1)}.count();
        EXPECT_GE(shown, value);
        EXPECT_LE(shown - value, value / 64 + 1);
    }
}

TEST(Histogram, KnowsItsQuantiles) {
    Histogram histogram;
    for (int i = 1; i <= 1000; ++i)
        histogram.record(std::chrono::microseconds{i});
    EXPECT_EQ(histogram.count(), 1000U);
    EXPECT_NEAR(static_cast<double>(nanoseconds{histogram.quantile(0.5)}.count()), 500e3, 8e3);
    EXPECT_NEAR(static_cast<double>(nanoseconds{histogram.quantile(0.99)}.count()), 990e3, 16e3);
    EXPECT_GE(histogram.quantile(1), 1ms);
    EXPECT_LE(histogram.quantile(0), 1020ns);
}

TEST(Histogram, AddsAnother) {
    Histogram fast;
    fast.record(1us);
    fast.record(-1us);  // a clock that went back counts as nothing
    Histogram slow;
    slow.record(1s);
    slow.record(Duration::max());
    fast.add(slow);
    EXPECT_EQ(fast.count(), 4U);
    EXPECT_EQ(fast.quantile(0.25), 0ns);
    EXPECT_GE(fast.quantile(0.75), 1s);
}

}  // namespace
}  // namespace rollcall::cli
