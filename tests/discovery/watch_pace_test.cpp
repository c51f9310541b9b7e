// How soon to watch again: pure, with time given by hand.
#include "watch_pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;

class WatchPaces : public ::testing::Test {
protected:
    // The pauses after watches that end at once, one after the other.
    std::vector<Duration> pauses(int count) {
        std::vector<Duration> all;
        for (int i = 0; i < count; ++i) {
            pace.on_early_end(now);
            all.push_back(pace.next() - now);
            now = pace.next();
        }
        return all;
    }

    TimePoint now{};
    WatchPace pace;
};

TEST_F(WatchPaces, BeginWithoutAPause) {
    EXPECT_LE(pace.next(), now);
}

TEST_F(WatchPaces, AreShortForTwentyInARowAndGrowToASecond) {
    const auto all = pauses(40);
    for (std::size_t i = 0; i < 19; ++i)
        EXPECT_EQ(all[i], 50ms) << i;
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_GT(all[25], 900ms);
    EXPECT_LE(all.back(), 1s);
    EXPECT_GT(all.back(), 999ms);
}

TEST_F(WatchPaces, AreShortAgainAfterQuietTimes) {
    pauses(40);
    now += 3s;
    EXPECT_EQ(pauses(2).back(), 50ms);
    now += 20s;
    const auto all = pauses(19);
    EXPECT_EQ(all.front(), 50ms);
    EXPECT_EQ(all.back(), 50ms);
    now += 24h * 365;
    EXPECT_GT(pauses(25).back(), 50ms) << "long quiet times are saved up no further";
}

}  // namespace
}  // namespace rollcall::discovery
