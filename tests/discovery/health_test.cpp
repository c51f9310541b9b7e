// When an instance is avoided: decisions without sockets.
#include "health.h"

#include <rollcall/testing/manual_clock.h>

#include "neighbours.h"
#include "work_meter.h"

#include <gtest/gtest.h>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;

class Healths : public ::testing::Test {
protected:
    ManualClock clock;
    BackoffOptions pauses{.min = 100ms, .max = 400ms, .growth = 2, .jitter = 0};
};

TEST_F(Healths, PausesBetweenProbesGrowUpToTheMost) {
    Health health{pauses, 1};
    for (const auto expected : {100ms, 200ms, 400ms, 400ms}) {
        EXPECT_TRUE(health.on_failure(true, clock.now(), 0));
        EXPECT_EQ(health.probe_at(), clock.now() + expected);
        clock.advance(expected);
        EXPECT_TRUE(health.is_avoided()) << "until it has answered";
    }
    health.on_success(clock.now());
    EXPECT_FALSE(health.is_avoided());
    EXPECT_TRUE(health.on_failure(true, clock.now(), 0));
    EXPECT_EQ(health.probe_at(), clock.now() + 100ms);
}

TEST_F(Healths, OneBrokenConnectionCountsOnce) {
    Health health{pauses, 1};
    EXPECT_TRUE(health.on_failure(true, clock.now(), 0));
    for (int i = 0; i < 100; ++i)
        EXPECT_FALSE(health.on_failure(true, clock.now(), 0)) << "a probe is planned already";
    EXPECT_EQ(health.probe_at(), clock.now() + 100ms);
}

TEST_F(Healths, FailuresThatMayBeChanceCountInARow) {
    Health health{pauses, 3};
    for (int round = 0; round < 2; ++round) {
        EXPECT_FALSE(health.on_failure(false, clock.now(), 0));
        EXPECT_FALSE(health.on_failure(false, clock.now(), 0));
        EXPECT_TRUE(health.is_troubled());
        health.on_success(clock.now());
        EXPECT_FALSE(health.is_troubled());
    }
    EXPECT_FALSE(health.on_failure(false, clock.now(), 0));
    EXPECT_FALSE(health.on_failure(false, clock.now(), 0));
    EXPECT_TRUE(health.on_failure(false, clock.now(), 0));
    EXPECT_TRUE(health.is_avoided());
}

TEST_F(Healths, OneThatAnswersWithErrorsIsAvoidedForAGrowingTime) {
    Health health{pauses, 1};
    clock.advance(1h);
    for (const auto expected : {100ms, 200ms, 400ms}) {
        EXPECT_TRUE(health.on_bad_rate(clock.now(), 0));
        EXPECT_TRUE(health.is_bad());
        health.on_success(clock.now());
        EXPECT_TRUE(health.is_avoided()) << "that it answers is known";
        clock.advance(expected);
        health.on_success(clock.now());
        EXPECT_FALSE(health.is_avoided());
    }
    clock.advance(2min);
    EXPECT_TRUE(health.on_bad_rate(clock.now(), 0));
    EXPECT_EQ(health.probe_at(), clock.now() + 100ms) << "it has behaved meanwhile";
}

TEST(FailureWindows, LookAtTheRecentPastOnly) {
    ManualClock clock;
    FailureWindow window{10s};
    Outcomes own{1'000'000, 0};
    Outcomes all{5'000'000, 0};
    const auto fail = [&] {
        ++own.all, ++own.failed;
        ++all.all, ++all.failed;
        return window.recent({own, all}, clock.now());
    };
    clock.advance(1h);
    EXPECT_EQ(fail().own.all, 1U) << "the million are long past";
    for (int i = 0; i < 19; ++i) {
        clock.advance(100ms);
        ++own.all;
        all.all += 4;
        static_cast<void>(fail());
    }
    const SharedOutcomes counts = fail();
    EXPECT_EQ(counts.own.all, 40U);
    EXPECT_EQ(counts.own.failed, 21U);
    EXPECT_EQ(counts.all.all, 97U) << "over the same time";
    clock.advance(6s);
    EXPECT_EQ(fail().own.failed, 22U);
    clock.advance(11s);
    EXPECT_EQ(fail().own.failed, 1U) << "those before are a window old";
}

class Neighbourhoods : public ::testing::Test {
protected:
    Neighbourhoods() { neighbours.set_members(4); }

    // One with these outcomes, beside others with those.
    bool stands_out(const Outcomes& own, const Outcomes& others) {
        return neighbours.stands_out({own, {own.all + others.all, own.failed + others.failed}});
    }

    Neighbours neighbours{{.rate = 0.5, .calls = 20}};
};

TEST_F(Neighbourhoods, OneThatFailsMoreThanTheOthersStandsOut) {
    EXPECT_TRUE(stands_out({20, 10}, {100, 25}));
    EXPECT_FALSE(stands_out({20, 10}, {100, 26})) << "half as often is not much better";
}

TEST_F(Neighbourhoods, TooFewCallsSayNothing) {
    EXPECT_FALSE(stands_out({19, 19}, {100, 0}));
    EXPECT_FALSE(stands_out({20, 20}, {19, 0}));
    EXPECT_TRUE(stands_out({20, 20}, {20, 0}));
}

TEST_F(Neighbourhoods, AFewFailuresSayNothing) {
    EXPECT_FALSE(stands_out({100, 49}, {100, 0}));
    EXPECT_TRUE(stands_out({100, 50}, {100, 0}));
}

TEST_F(Neighbourhoods, AtMostHalfAreAvoidedForTheirErrors) {
    neighbours.on_avoided(true, 1);
    EXPECT_TRUE(stands_out({20, 20}, {100, 0}));
    neighbours.on_avoided(true, 1);
    EXPECT_FALSE(stands_out({20, 20}, {100, 0})) << "it would be the third of four";
    neighbours.on_avoided(true, -1);
    EXPECT_TRUE(stands_out({20, 20}, {100, 0}));
}

TEST_F(Neighbourhoods, AreWellUntilOneIsAvoided) {
    EXPECT_TRUE(neighbours.all_well());
    neighbours.on_avoided(false, 1);
    EXPECT_FALSE(neighbours.all_well());
    neighbours.on_avoided(false, -1);
    EXPECT_TRUE(neighbours.all_well());
}

TEST(WorkMeters, CountAndAverage) {
    ManualClock clock;
    WorkMeter meter{clock.now()};
    clock.advance(2s);
    EXPECT_EQ(meter.load(clock.now()).latency, Duration{0});
    EXPECT_EQ(meter.load(clock.now()).known_for, 2s);
    meter.on_begin(clock.now());
    EXPECT_EQ(meter.load(clock.now()).in_flight, 1U);
    clock.advance(10ms);
    meter.on_answer(10ms, clock.now());
    EXPECT_EQ(meter.load(clock.now()).in_flight, 0U);
    EXPECT_EQ(meter.load(clock.now()).latency, 10ms);
    for (int i = 0; i < 1000; ++i) {
        clock.advance(30ms);
        meter.on_sample(30ms, clock.now());
    }
    EXPECT_NEAR(static_cast<double>(meter.load(clock.now()).latency / 1us), 30'000, 1);
}

TEST(WorkMeters, SeeAStallBeforeItsEnd) {
    ManualClock clock;
    WorkMeter meter{clock.now()};
    meter.on_begin(clock.now());
    clock.advance(1ms);
    meter.on_answer(1ms, clock.now());
    meter.on_begin(clock.now());
    meter.on_begin(clock.now());
    clock.advance(500ms);
    EXPECT_EQ(meter.load(clock.now()).latency, 500ms) << "nothing has come back for so long";
    meter.on_answer(500ms, clock.now());
    EXPECT_LT(meter.load(clock.now()).latency, 500ms);
}

TEST(WorkMeters, ForgetWhileNothingIsSent) {
    ManualClock clock;
    WorkMeter meter{clock.now()};
    meter.on_begin(clock.now());
    meter.on_answer(1s, clock.now());
    clock.advance(30s);
    EXPECT_LT(meter.load(clock.now()).latency, 60ms);
    EXPECT_GT(meter.load(clock.now()).latency, 0ms);
}

}  // namespace
}  // namespace rollcall::discovery
