// Requests that wait at a connection's limits; without sockets.

#include "held_requests.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

TEST(HeldRequests, RefuseMarksTheOneWithThatId) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.push("two", 2, TimePoint{});
    EXPECT_TRUE(held.holds(2));
    held.refuse(2, Errc::cancelled);
    held.refuse(2, Errc::overloaded);  // the first reason counts
    held.refuse(99, Errc::cancelled);
    EXPECT_TRUE(held.holds(1));
    EXPECT_FALSE(held.holds(2));
    EXPECT_FALSE(held.holds(99));
    EXPECT_EQ(held.pop().refused, Errc{});
    held.refuse(1, Errc::cancelled);  // gone already
    EXPECT_FALSE(held.holds(1));
    EXPECT_EQ(held.pop().refused, Errc::cancelled);
}

TEST(HeldRequests, WhatIsAboutAStreamLeavesWithItsRequest) {
    HeldRequests held;
    held.push("stream", 1, TimePoint{});
    held.push("other", 2, TimePoint{});
    const std::size_t before = held.bytes();
    held.push_behind(1, "a");
    held.push_behind(1, "b");
    held.push_behind(99, "c");
    EXPECT_GT(held.bytes(), before + 2);
    const HeldRequests::Held stream = held.pop();
    EXPECT_EQ(stream.behind, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(held.pop().behind.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

TEST(HeldRequests, ARefusedOneKeepsNothingBehindIt) {
    HeldRequests held;
    held.push("stream", 1, TimePoint{});
    const std::size_t before = held.bytes();
    held.push_behind(1, std::string(1000, 'x'));
    held.refuse(1, Errc::overloaded);
    EXPECT_EQ(held.bytes(), before);
    held.push_behind(1, "late");
    EXPECT_TRUE(held.pop().behind.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

// An id that is used twice at once is the peer's mistake, and stays harmless.
TEST(HeldRequests, TwoOfOneIdAreBothKept) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.push("two", 1, TimePoint{});
    held.refuse(1, Errc::cancelled);
    EXPECT_EQ(held.pop().refused, Errc::cancelled);
    EXPECT_EQ(held.pop().refused, Errc{});
    held.refuse(1, Errc::cancelled);
    EXPECT_TRUE(held.empty());
}

TEST(HeldRequests, ClearForgetsAll) {
    HeldRequests held;
    held.push("one", 1, TimePoint{});
    held.clear();
    held.refuse(1, Errc::cancelled);
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

}  // namespace
}  // namespace rollcall::rpc
