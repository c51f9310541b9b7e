// What an I/O thread puts off until the end of a turn.

#include <rollcall/rpc/event_loop.h>
#include <rollcall/rpc/turn_queue.h>

#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace rollcall::rpc::tests {
namespace {

class Task final : public TurnTask {
public:
    explicit Task(std::function<void()> act) : act_(std::move(act)) {}

    void run() override { act_(); }

    void drop() noexcept override { dropped = true; }

    bool dropped = false;

private:
    std::function<void()> act_;
};

struct TurnQueueTest : ::testing::Test {
    Task says(char what) {
        return Task{[this, what] { said += what; }};
    }

    std::shared_ptr<EventLoop> loop = std::make_shared<EventLoop>(1);
    TurnQueue queue{loop};
    std::string said;
};

TEST_F(TurnQueueTest, TasksRunInTheirOrderBehindTheWorkAtHand) {
    Task a = says('a');
    Task b = says('b');
    queue.turn([&] {
        queue.push(a);
        queue.push(b);
        said += '.';
    });
    EXPECT_EQ(said, ".ab");
    EXPECT_EQ(loop->poll(), 0U) << "nothing is left for later";
}

TEST_F(TurnQueueTest, TurnsHaveNumbersOfTheirOwnAndOneTimeEach) {
    EXPECT_EQ(queue.turn_number(), 0U);
    std::set<std::uint64_t> numbers;
    const auto look = [&](TurnQueue& at) {
        TimePoint time;
        Task later{[&] {
            numbers.insert(at.turn_number());
            EXPECT_EQ(at.turn_time(), time);
        }};
        at.turn([&] {
            numbers.insert(at.turn_number());
            time = at.turn_time();
            EXPECT_LE(time, SteadyClock::now());
            at.push(later);
        });
    };
    TurnQueue other{loop};
    const TimePoint before = SteadyClock::now();
    for (TurnQueue* const each : {&queue, &other, &queue}) {
        look(*each);
        EXPECT_GE(each->turn_time(), before) << "outside of a turn: now";
    }
    EXPECT_EQ(numbers.size(), 3U);
    EXPECT_FALSE(numbers.contains(0));
}

TEST_F(TurnQueueTest, WhatTasksPutOffRunsInTheSameTurnAndWhatThatPutsOffInALaterOne) {
    Task third = says('3');
    Task second{[&] {
        said += '2';
        queue.push(third);
    }};
    Task first{[&] {
        said += '1';
        queue.push(second);
    }};
    Task beside = says('b');
    queue.turn([&] {
        queue.push(first);
        queue.push(beside);
    });
    EXPECT_EQ(said, "1b2");
    loop->poll();
    EXPECT_EQ(said, "1b23");
}

TEST_F(TurnQueueTest, OutsideOfATurnTheLoopBeginsOne) {
    Task a = says('a');
    Task b = says('b');
    queue.push(a);
    queue.push(b);
    EXPECT_EQ(said, "") << "never where it is put off";
    EXPECT_EQ(loop->poll(), 1U) << "one handler for all";
    EXPECT_EQ(said, "ab");
}

TEST_F(TurnQueueTest, AfterATaskThatThrowsTheOthersHaveTheirTurn) {
    Task throws{[] { throw std::runtime_error{"thrown"}; }};
    Task after = says('a');
    const auto turn = [&] {
        queue.turn([&] {
            queue.push(throws);
            queue.push(after);
        });
    };
    EXPECT_THROW(turn(), std::runtime_error);
    EXPECT_EQ(said, "");
    loop->restart();
    loop->poll();
    EXPECT_EQ(said, "a");
}

TEST_F(TurnQueueTest, AfterATurnThatThrowsItsTasksHaveTheirTurn) {
    Task after = says('a');
    const auto turn = [&] {
        queue.turn([&] {
            queue.push(after);
            throw std::runtime_error{"thrown"};
        });
    };
    EXPECT_THROW(turn(), std::runtime_error);
    loop->poll();
    EXPECT_EQ(said, "a");
}

TEST_F(TurnQueueTest, WhatIsLeftWhenTheThreadEndsIsDropped) {
    Task left = says('l');
    queue.push(left);
    queue.end();
    EXPECT_TRUE(left.dropped);
    loop->poll();
    EXPECT_EQ(said, "");
}

TEST_F(TurnQueueTest, ATaskMayBeGoneWithItsRun) {
    auto own = std::make_unique<Task>([] {});
    Task* const task = own.get();
    auto gone = std::make_unique<Task>([&] { own.reset(); });
    queue.turn([&] {
        queue.push(*task);
        queue.push(*gone);
    });
    EXPECT_EQ(own, nullptr);
}

TEST_F(TurnQueueTest, IsOfItsThreadFromBeginToEnd) {
    EXPECT_EQ(TurnQueue::current(), nullptr);
    queue.begin();
    EXPECT_EQ(TurnQueue::current(), &queue);
    std::thread{[] { EXPECT_EQ(TurnQueue::current(), nullptr); }}.join();
    queue.end();
    EXPECT_EQ(TurnQueue::current(), nullptr);
}

TEST_F(TurnQueueTest, ServesTheExecutorsOfItsLoopAndNoOthers) {
    EXPECT_TRUE(queue.serves(loop->get_executor()));
    EXPECT_TRUE(queue.serves(executor_of(loop, AfterLoop::elsewhere)));
    asio::io_context other;
    EXPECT_FALSE(queue.serves(other.get_executor()));
    EXPECT_FALSE(queue.serves(asio::make_strand(loop->get_executor())))
        << "a strand asks for more than the thread";
    EXPECT_FALSE(queue.serves(asio::any_io_executor{}));
}

}  // namespace
}  // namespace rollcall::rpc::tests
