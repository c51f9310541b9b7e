// What waits for a time, or for somebody new on the list.
#include "timed_queue.h"
#include "waiting_room.h"

#include <asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TimedQueues, GiveWhatIsDueInOrder) {
    const TimePoint now{1h};
    TimedQueue<std::string> queue;
    EXPECT_EQ(queue.next(), TimePoint::max());
    queue.add(now + 2ms, "c");
    queue.add(now, "a");
    queue.add(now, "b");
    const auto last = queue.add(now + 3ms, "d");
    EXPECT_EQ(queue.next(), now);
    EXPECT_THAT(queue.take_due(now - 1ms), IsEmpty());
    EXPECT_THAT(queue.take_due(now + 2ms), ElementsAre("a", "b", "c"));
    EXPECT_EQ(queue.take(last), "d");
    EXPECT_EQ(queue.take(last), std::nullopt) << "it is gone";
    EXPECT_EQ(queue.next(), TimePoint::max());
}

class WaitingRooms : public ::testing::Test {
protected:
    void wait(const char* who, std::uint64_t seen, Awaits what) {
        EXPECT_TRUE(WaitingRoom::wait(room, who, TimePoint::max(), seen, what, [this, who] {
            woken.emplace_back(who);
        }));
        run();
    }

    void tell(std::uint64_t news, bool has_newcomers) {
        WaitingRoom::tell(room, news, has_newcomers);
        run();
    }

    void run() {
        io.restart();
        io.poll();
    }

    asio::io_context io;
    const WaitingRoom::Self room = std::make_shared<WaitingRoom>(io.get_executor(), 3);
    std::vector<std::string> woken;
};

// Each change of a long list ended the pause of every call that had tried all of it.
TEST_F(WaitingRooms, WhoHasTriedAllIsNotWokenByNewsOfNobodyNew) {
    wait("for anybody", 0, Awaits::news);
    wait("for another", 0, Awaits::newcomers);
    tell(1, false);
    EXPECT_THAT(woken, ElementsAre("for anybody"));
    tell(2, true);
    EXPECT_THAT(woken, ElementsAre("for anybody", "for another"));
}

TEST_F(WaitingRooms, WhatCameBeforeTheWaitIsNotMissed) {
    tell(1, true);
    tell(2, false);
    wait("knew nothing", 0, Awaits::newcomers);
    EXPECT_THAT(woken, ElementsAre("knew nothing"));
    wait("knew the first", 1, Awaits::newcomers);
    EXPECT_EQ(woken.size(), 1U) << "nobody is new since";
    wait("knew the first, too", 1, Awaits::news);
    EXPECT_EQ(woken.size(), 2U);
}

TEST_F(WaitingRooms, EachIsWokenByItsKeyAndLeavesItsPlace) {
    const char* const names[] = {"a", "b", "c"};
    for (const char* name : names)
        wait(name, 0, Awaits::newcomers);
    EXPECT_FALSE(WaitingRoom::wait(room, "d", TimePoint::max(), 0, Awaits::news, [] {}));
    WaitingRoom::wake(room, names[1]);
    WaitingRoom::wake(room, names[1]);
    run();
    EXPECT_THAT(woken, ElementsAre("b"));
    wait("d", 0, Awaits::newcomers);
    WaitingRoom::close(room);
    run();
    EXPECT_THAT(woken, ElementsAre("b", "a", "c", "d"));
    wait("late", 0, Awaits::newcomers);
    EXPECT_EQ(woken.back(), "late") << "at once";
}

}  // namespace
}  // namespace rollcall::discovery
