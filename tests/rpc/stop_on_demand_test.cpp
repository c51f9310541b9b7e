#include <rollcall/rpc/stop_on_demand.h>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

TEST(StopOnDemand, TellsThoseWhoAskedBeforeAndAfter) {
    StopOnDemand stop;
    int told = 0;
    const std::stop_token before = stop.token();
    EXPECT_TRUE(before.stop_possible());
    EXPECT_FALSE(before.stop_requested());
    EXPECT_EQ(before, stop.token()) << "it is the same one for all";
    const std::stop_callback on_stop{before, [&] { ++told; }};
    stop.request_stop();
    stop.request_stop();
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(before.stop_requested());
    EXPECT_TRUE(stop.token().stop_requested());
}

TEST(StopOnDemand, MayStopBeforeAnybodyAsks) {
    StopOnDemand stop;
    stop.request_stop();
    stop.request_stop();
    EXPECT_TRUE(stop.token().stop_requested());
    EXPECT_TRUE(stop.token().stop_requested());
}

TEST(StopOnDemand, TokensOutliveIt) {
    std::optional<StopOnDemand> stop{std::in_place};
    const std::stop_token token = stop->token();
    stop.reset();
    EXPECT_FALSE(token.stop_requested());
    EXPECT_FALSE(token.stop_possible()) << "nobody is left to ask";
}

// Branches of a handler on several threads of the pool ask while the I/O thread stops it.
TEST(StopOnDemand, IsForAnyThread) {
    for (int round = 0; round < 200; ++round) {
        StopOnDemand stop;
        std::atomic<int> told{0};
        std::atomic<int> ready{0};
        const auto meet = [&] {
            ++ready;
            while (ready < 4)
                std::this_thread::yield();
        };
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
                meet();
                const std::stop_callback<std::function<void()>> on_stop{
                    stop.token(), [&] { ++told; }};
                while (told < 3)
                    std::this_thread::yield();
            });
        }
        meet();
        stop.request_stop();
        threads.clear();
        EXPECT_EQ(told, 3);
    }
}

}  // namespace
}  // namespace rollcall::rpc::tests
