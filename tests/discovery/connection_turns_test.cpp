// Which of several connections calls go on: together within a turn, evenly in the long run.
#include "connection_turns.h"

#include <rollcall/rpc/turn_queue.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

constexpr std::uint64_t kThread = std::uint64_t{1} << rpc::TurnQueue::kTurnBits;

TEST(ConnectionTurns, TakeOneAfterTheOtherWithoutATurn) {
    ConnectionTurns turns{3};
    for (std::size_t i = 0; i < 9; ++i)
        EXPECT_EQ(turns.next(0), i % 3);
}

TEST(ConnectionTurns, OfOneAreThatOne) {
    ConnectionTurns turns{1};
    for (const std::uint64_t turn : {0U, 1U, 1U, 2U})
        EXPECT_EQ(turns.next(turn), 0U);
}

TEST(ConnectionTurns, KeepTheCallsOfATurnTogetherAsFarAsTheLimit) {
    constexpr std::size_t kLimit = ConnectionTurns::kTogether;
    ConnectionTurns turns{4};
    for (std::size_t i = 0; i < kLimit; ++i)
        EXPECT_EQ(turns.next(1), 0U) << i;
    EXPECT_EQ(turns.next(1), 1U) << "one over the limit";
    EXPECT_EQ(turns.next(1), 1U);
    EXPECT_EQ(turns.next(2), 2U) << "another turn";
    EXPECT_EQ(turns.next(0), 3U) << "no turn";
    EXPECT_EQ(turns.next(2), 2U);
}

TEST(ConnectionTurns, KeepTheTurnsOfThreadsApart) {
    ConnectionTurns turns{4};
    EXPECT_EQ(turns.next(kThread + 1), 0U);
    EXPECT_EQ(turns.next(2 * kThread + 1), 1U);
    EXPECT_EQ(turns.next(kThread + 1), 0U);
    EXPECT_EQ(turns.next(2 * kThread + 1), 1U);
}

// Large turns always on the one connection and small ones on the other would be half and half of
// the turns, but not of the calls.
TEST(ConnectionTurns, SpreadCallsEvenlyHoweverManyATurnHas) {
    for (const std::size_t connections : {2U, 3U, 8U, 64U}) {
        ConnectionTurns turns{connections};
        std::vector<std::size_t> given(connections);
        std::uint64_t turn = 0;
        for (int i = 0; i < 20'000; ++i) {
            ++turn;
            for (int call = i % 2 == 0 ? 16 : 1; call > 0; --call)
                ++given[turns.next(turn)];
        }
        const auto [least, most] = std::minmax_element(given.begin(), given.end());
        EXPECT_LE(*most - *least, *most / 10 + 32) << connections << " connections";
    }
}

TEST(ConnectionTurns, SpreadTheCallsOfManyThreads) {
    constexpr int kThreads = 4;
    constexpr int kCalls = 5000;
    ConnectionTurns turns{5};
    std::vector<std::vector<int>> given(kThreads, std::vector<int>(5));
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&, thread] {
                for (std::uint64_t i = 0; i < kCalls; ++i)
                    ++given[thread][turns.next(thread % 2 == 0 ? 0 : kThread * thread + i / 3)];
            });
        }
    }
    for (std::size_t i = 0; i < 5; ++i) {
        int all = 0;
        for (const auto& each : given)
            all += each[i];
        EXPECT_NEAR(all, kThreads * kCalls / 5, kThreads * kCalls / 20);
    }
}

}  // namespace
}  // namespace rollcall::discovery
