// The schedule of the soak neither drifts nor rounds calls away.

#include "soak/schedule.h"

#include <gtest/gtest.h>

namespace rollcall::soak {
namespace {

TEST(SoakSchedule, LosesNoCallToRounding) {
    const Schedule third{1000.0 / 3};
    EXPECT_EQ(third.due_by(0), 0U);
    EXPECT_EQ(third.due_by(2), 0U);
    EXPECT_EQ(third.due_by(1800 * 1000), 600'000U);
    const Schedule many{69'726};
    EXPECT_EQ(many.due_by(1), 69U);
    EXPECT_EQ(many.due_by(1000), 69'726U);
}

TEST(SoakSchedule, NeverGoesBack) {
    const Schedule schedule{12'345.6};
    for (std::uint64_t millisecond = 1; millisecond < 10'000; ++millisecond)
        ASSERT_LE(schedule.due_by(millisecond - 1), schedule.due_by(millisecond));
}

}  // namespace
}  // namespace rollcall::soak
