// Requests that wait at a connection's limits; without sockets.

#include "held_requests.h"

#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

TEST(HeldRequests, LeaveInTheOrderInWhichTheyCame) {
    HeldRequests held;
    held.push("one", 7, TimePoint{} + 1s);
    held.push("two", std::nullopt, TimePoint{} + 2s);
    held.push("three", 3, TimePoint{} + 3s);
    const HeldRequests::Held one = held.pop();
    EXPECT_EQ(one.message, "one");
    EXPECT_EQ(one.id, 7U);
    EXPECT_EQ(one.read, TimePoint{} + 1s);
    EXPECT_FALSE(held.pop().id);
    EXPECT_EQ(held.pop().message, "three");
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

// A message that fills up to `bytes` together with its place.
std::string filling(const HeldRequests& held, std::size_t bytes) {
    HeldRequests probe;
    probe.push("", 1, TimePoint{});
    return std::string(bytes - held.bytes() - probe.bytes(), 'x');
}

TEST(HeldRequests, AreFullAtTheirLimitAndNotBelow) {
    HeldRequests under;
    under.push(filling(under, HeldRequests::kMostBytes - 1), 1, TimePoint{});
    EXPECT_EQ(under.bytes(), HeldRequests::kMostBytes - 1);
    EXPECT_FALSE(under.is_full());
    HeldRequests at;
    at.push(filling(at, HeldRequests::kMostBytes), 1, TimePoint{});
    EXPECT_TRUE(at.is_full());
    at.push("over", 2, TimePoint{});
    EXPECT_TRUE(at.is_full());
    EXPECT_EQ(at.pop().message.size(), filling(HeldRequests{}, HeldRequests::kMostBytes).size());
    EXPECT_FALSE(at.is_full());
}

// Each costs its place, so that empty ones cannot come without end.
TEST(HeldRequests, EmptyOnesCountToo) {
    HeldRequests held;
    std::size_t count = 0;
    while (!held.is_full() && count < HeldRequests::kMostBytes) {
        held.push("", std::nullopt, TimePoint{});
        ++count;
    }
    EXPECT_LT(count, 10000U);
}

TEST(HeldRequests, CancelMarksTheOneWithThatId) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.push("two", 2, TimePoint{});
    held.cancel(2);
    held.cancel(99);
    EXPECT_FALSE(held.pop().cancelled);
    held.cancel(1);  // gone already
    EXPECT_TRUE(held.pop().cancelled);
}

// An id that is used twice at once is the peer's mistake, and stays harmless.
TEST(HeldRequests, TwoOfOneIdAreBothKept) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.push("two", 1, TimePoint{});
    held.cancel(1);
    EXPECT_TRUE(held.pop().cancelled);
    EXPECT_FALSE(held.pop().cancelled);
    held.cancel(1);
    EXPECT_TRUE(held.empty());
}

TEST(HeldRequests, ClearForgetsAll) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.clear();
    held.cancel(1);
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

}  // namespace
}  // namespace rollcall::rpc
