#include <rollcall/testing/manual_clock.h>

#include <gtest/gtest.h>

namespace rollcall::testing {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, StandsStillUntilAdvanced) {
    ManualClock manual;
    const TimePoint start = manual.now();
    const Clock clock = manual.clock();
    EXPECT_EQ(clock.now(), start);
    manual.advance(3s);
    EXPECT_EQ(clock.now(), start + 3s);
    EXPECT_EQ(manual.now(), start + 3s);
}

TEST(ManualClock, NeverGoesBack) {
    ManualClock manual;
    const TimePoint start = manual.now();
    manual.advance(-1s);
    EXPECT_EQ(manual.now(), start);
}

TEST(ManualClock, IsSharedByItsCopies) {
    ManualClock manual;
    ManualClock copy = manual;
    copy.advance(1ms);
    EXPECT_EQ(manual.now(), copy.now());
}

}  // namespace
}  // namespace rollcall::testing
