#include <rollcall/base/deadline.h>

#include <gtest/gtest.h>

namespace rollcall {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{1000s};

TEST(Deadline, ExpiresAtItsMoment) {
    const Deadline deadline = Deadline::in(5s, kNow);
    EXPECT_EQ(deadline, Deadline::at(kNow + 5s));
    EXPECT_FALSE(deadline.expired(kNow + 5s - 1ns));
    EXPECT_TRUE(deadline.expired(kNow + 5s));
    EXPECT_EQ(deadline.remaining(kNow + 2s), 3s);
    EXPECT_EQ(deadline.remaining(kNow + 5s), 0s);
    EXPECT_EQ(deadline.remaining(kNow + 6s), 0s);
}

TEST(Deadline, OfNoTimeHasExpired) {
    EXPECT_TRUE(Deadline::in(0s, kNow).expired(kNow));
    EXPECT_TRUE(Deadline::in(-1s, kNow).expired(kNow));
    EXPECT_TRUE(Deadline::in(Duration::min(), kNow).expired(kNow));
}

TEST(Deadline, NeverNeverExpires) {
    EXPECT_TRUE(Deadline{}.is_never());
    EXPECT_EQ(Deadline{}, Deadline::never());
    EXPECT_FALSE(Deadline::never().expired(kNow));
    EXPECT_EQ(Deadline::never().remaining(kNow), Duration::max());
}

TEST(Deadline, SaturatesInsteadOfOverflowing) {
    const Duration left = TimePoint::max() - kNow;
    EXPECT_TRUE(Deadline::in(Duration::max(), kNow).is_never());
    EXPECT_TRUE(Deadline::in(left, kNow).is_never());
    EXPECT_FALSE(Deadline::in(left - 1ns, kNow).is_never());
    EXPECT_EQ(Deadline::in(left - 1ns, kNow).remaining(kNow), left - 1ns);
}

TEST(Deadline, TheEarlierWins) {
    const Deadline soon = Deadline::in(1s, kNow);
    const Deadline late = Deadline::in(2s, kNow);
    EXPECT_EQ(soon.earlier(late), soon);
    EXPECT_EQ(late.earlier(soon), soon);
    EXPECT_EQ(soon.earlier(Deadline::never()), soon);
    EXPECT_LT(soon, late);
    EXPECT_LT(late, Deadline::never());
}

TEST(Clock, IsTheSteadyClockUnlessAnotherIsGiven) {
    const TimePoint before = SteadyClock::now();
    const TimePoint now = Clock{}.now();
    EXPECT_LE(before, now);
    EXPECT_LE(now, SteadyClock::now());
    EXPECT_EQ(Clock{[] { return kNow; }}.now(), kNow);
}

}  // namespace
}  // namespace rollcall
