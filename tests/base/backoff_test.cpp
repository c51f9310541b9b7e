#include <rollcall/base/backoff.h>
#include <rollcall/base/random.h>

#include <gtest/gtest.h>

namespace rollcall {
namespace {

using namespace std::chrono_literals;

BackoffOptions doubling() {
    return {.min = 50ms, .max = 1000ms, .growth = 2.0, .jitter = 0.5};
}

TEST(Backoff, GrowsFromTheLeastToTheMost) {
    Backoff backoff{doubling()};
    for (const Duration expected : {50ms, 100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms})
        EXPECT_EQ(backoff.next(0), expected);
    EXPECT_EQ(backoff.failures(), 7U);
}

TEST(Backoff, StartsAgainAfterASuccess) {
    Backoff backoff{doubling()};
    for (int i = 0; i < 5; ++i)
        static_cast<void>(backoff.next(0));
    backoff.reset();
    EXPECT_EQ(backoff.failures(), 0U);
    EXPECT_EQ(backoff.next(0), 50ms);
}

TEST(Backoff, DrawsTheJitterFromTheUpperPart) {
    EXPECT_EQ(Backoff{doubling()}.next(0), 50ms);
    EXPECT_EQ(Backoff{doubling()}.next(0.5), 37500us);
    EXPECT_GE(Backoff{doubling()}.next(0.999999), 25ms);
    EXPECT_LT(Backoff{doubling()}.next(0.999999), 25001us);
    BackoffOptions exact = doubling();
    exact.jitter = 0;
    EXPECT_EQ(Backoff{exact}.next(0.9), 50ms);
}

TEST(Backoff, StaysWithinItsBounds) {
    Backoff backoff{doubling()};
    for (int i = 0; i < 1000; ++i) {
        const Duration delay = backoff.next(random_unit());
        EXPECT_GE(delay, 25ms);
        EXPECT_LE(delay, 1000ms);
    }
}

TEST(Backoff, NeverOverflows) {
    BackoffOptions endless = doubling();
    endless.max = Duration::max();
    Backoff backoff{endless};
    Duration last = 0ms;
    for (int i = 0; i < 1000; ++i) {
        const Duration delay = backoff.next(0);
        ASSERT_GE(delay, last) << i;
        last = delay;
    }
    EXPECT_GT(last, std::chrono::hours{24 * 365});
}

TEST(Backoff, TheMostCountsAlsoWhenItIsBelowTheLeast) {
    BackoffOptions options = doubling();
    options.max = 10ms;
    EXPECT_EQ(Backoff{options}.next(0), 10ms);
}

}  // namespace
}  // namespace rollcall
