#include "rate_table.h"

#include <gtest/gtest.h>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

constexpr Rate kTenASecond{10, 3};

TEST(TokenBucket, HoldsABurst) {
    const TimePoint now{};
    TokenBucket bucket{kTenASecond, now};
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(bucket.take(kTenASecond, now));
    EXPECT_EQ(bucket.take(kTenASecond, now), Duration{100ms});
}

TEST(TokenBucket, FillsAtItsRate) {
    TimePoint now{};
    TokenBucket bucket{kTenASecond, now};
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(bucket.take(kTenASecond, now));
    now += 99ms;
    EXPECT_TRUE(bucket.take(kTenASecond, now)) << "not yet";
    now += 2ms;
    EXPECT_FALSE(bucket.take(kTenASecond, now));
    EXPECT_TRUE(bucket.take(kTenASecond, now));
}

TEST(TokenBucket, NeverHoldsMoreThanItsBurst) {
    TimePoint now{};
    TokenBucket bucket{kTenASecond, now};
    now += 1h;
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(bucket.take(kTenASecond, now));
    EXPECT_TRUE(bucket.take(kTenASecond, now));
}

TEST(TokenBucket, DoesNotMindTimesThatGoBack) {
    const TimePoint now = TimePoint{} + 1h;
    TokenBucket bucket{kTenASecond, now};
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(bucket.take(kTenASecond, now - 1min));
    EXPECT_TRUE(bucket.take(kTenASecond, now - 1min));
    EXPECT_TRUE(bucket.take(kTenASecond, now));
}

TEST(RateTable, KeepsSoManyKeysAndNoMore) {
    const TimePoint now{};
    RateTable table{Rate{1, 1}, 2};
    EXPECT_FALSE(table.take("a", now));
    EXPECT_EQ(table.size(), 1U);
    EXPECT_FALSE(table.take("b", now));
    EXPECT_EQ(table.size(), 2U);
    EXPECT_TRUE(table.take("a", now)) << "now b was used least lately";
    EXPECT_FALSE(table.take("c", now));
    EXPECT_EQ(table.size(), 2U);
    EXPECT_TRUE(table.take("a", now));
    EXPECT_FALSE(table.take("b", now)) << "it begins anew";
}

}  // namespace
}  // namespace rollcall::rpc
