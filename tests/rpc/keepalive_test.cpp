// When a silent peer is asked for a sign of life, and when it is given up; without sockets.

#include "keepalive.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using Step = Keepalive::Step;

class KeepaliveTimes : public testing::Test {
protected:
    [[nodiscard]] Step look(Duration after, bool waits = true) {
        return keepalive.look(waits, heard, start + after, [this] { return unread; });
    }

    Keepalive keepalive{10s, 3s};
    TimePoint start{TimePoint{} + 1h};
    TimePoint heard{start - 1min};
    std::size_t unread = 0;
};

TEST_F(KeepaliveTimes, NothingIsAskedWhileNothingIsAwaited) {
    EXPECT_EQ(look(0s, false), Step::nothing);
    EXPECT_EQ(look(1h, false), Step::nothing);
    EXPECT_EQ(keepalive.next(heard), Deadline::never());
}

TEST_F(KeepaliveTimes, IntervalZeroIsOff) {
    keepalive = Keepalive{0s, 3s};
    EXPECT_FALSE(keepalive.is_on());
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(look(1h), Step::nothing);
    EXPECT_EQ(keepalive.next(heard), Deadline::never());
}

TEST_F(KeepaliveTimes, SilenceCountsFromWhenSomethingIsAwaited) {
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(keepalive.next(heard), Deadline::in(10s, start));
    EXPECT_EQ(look(10s - 1ns), Step::nothing);
    EXPECT_EQ(look(10s), Step::ask);
}

TEST_F(KeepaliveTimes, WhatIsHeardPutsTheQuestionOff) {
    EXPECT_EQ(look(0s), Step::nothing);
    heard = start + 7s;
    EXPECT_EQ(look(10s), Step::nothing);
    EXPECT_EQ(keepalive.next(heard), Deadline::in(10s, heard));
    EXPECT_EQ(look(17s), Step::ask);
}

TEST_F(KeepaliveTimes, APeerThatDoesNotAnswerIsGivenUpAfterTheTimeout) {
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(look(10s), Step::ask);
    EXPECT_EQ(keepalive.next(heard), Deadline::in(3s, start + 10s));
    EXPECT_EQ(look(11s), Step::nothing);  // it is asked once
    EXPECT_EQ(look(13s - 1ns), Step::nothing);
    EXPECT_EQ(look(13s), Step::give_up);
}

TEST_F(KeepaliveTimes, AnyAnswerWillDo) {
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(look(10s), Step::ask);
    heard = start + 12s;
    EXPECT_EQ(look(13s), Step::nothing);
    EXPECT_EQ(look(22s), Step::ask);
    EXPECT_EQ(look(25s), Step::give_up);
}

// The question lies behind what it has not read yet.
TEST_F(KeepaliveTimes, ASlowReaderIsWaitedForWhileItReads) {
    unread = 3000;
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(look(10s), Step::ask);
    unread = 2999;
    EXPECT_EQ(look(13s), Step::nothing);
    unread = 1000;
    EXPECT_EQ(look(16s), Step::nothing);
    EXPECT_EQ(look(19s - 1ns), Step::nothing);
    EXPECT_EQ(look(19s), Step::give_up);
}

TEST_F(KeepaliveTimes, NothingAwaitedAnyMoreForgetsTheQuestion) {
    EXPECT_EQ(look(0s), Step::nothing);
    EXPECT_EQ(look(10s), Step::ask);
    EXPECT_EQ(look(11s, false), Step::nothing);
    EXPECT_EQ(look(13s), Step::nothing);
    EXPECT_EQ(look(23s - 1ns), Step::nothing);
    EXPECT_EQ(look(23s), Step::ask);
}

}  // namespace
}  // namespace rollcall::rpc
