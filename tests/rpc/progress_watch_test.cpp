#include "progress_watch.h"

#include <gtest/gtest.h>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{std::chrono::hours{1}};

TEST(ProgressWatch, StallsAfterTheTimeAllowedAndNotBefore) {
    ProgressWatch watch;
    watch.look(1, 10, 100, kBegin);
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 299ms));
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 300ms));
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 301ms));
}

// The time since the last look before it counted, too: peers were closed early by up to a tick.
TEST(ProgressWatch, TheTimeBeforeATransferBeganDoesNotCount) {
    ProgressWatch watch;
    watch.rest();
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 1h));
    watch.look(0, 1, 100, kBegin + 299ms);
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 598ms));
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 599ms));
}

TEST(ProgressWatch, OnlyAWholeStepIsProgress) {
    ProgressWatch watch;
    watch.look(1, 0, 100, kBegin);
    watch.look(1, 99, 100, kBegin + 200ms);
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 300ms));
    watch.look(1, 100, 100, kBegin + 300ms);
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 599ms));
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 600ms));
}

TEST(ProgressWatch, AnotherTransferOrARestBeginsAnew) {
    ProgressWatch watch;
    watch.look(1, 50, 100, kBegin);
    watch.look(2, 1, 100, kBegin + 200ms);
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 499ms));
    watch.rest();
    watch.look(2, 1, 100, kBegin + 400ms);
    EXPECT_FALSE(watch.stalled_for(300ms, kBegin + 699ms));
    EXPECT_TRUE(watch.stalled_for(300ms, kBegin + 700ms));
}

}  // namespace
}  // namespace rollcall::rpc
