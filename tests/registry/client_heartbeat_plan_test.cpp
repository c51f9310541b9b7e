// What a registrar does next, without a network: time and chance are arguments.
#include "heartbeat_plan.h"

#include <gtest/gtest.h>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;

constexpr double kMiddle = 0.5;  // no jitter on intervals
constexpr double kNone = 0.0;    // no jitter on retries

class HeartbeatPlanTest : public ::testing::Test {
protected:
    Lease lease(std::chrono::milliseconds interval) const {
        Lease made;
        made.interval = interval;
        return made;
    }

    void register_it(std::chrono::milliseconds interval = 5s) {
        plan_.announced(Status::up, lease(interval), now_, kMiddle);
    }

    TimePoint now_{};
    HeartbeatPlan plan_{now_};
};

TEST_F(HeartbeatPlanTest, AnnouncesAtOnce) {
    EXPECT_EQ(plan_.state(), RegistrarState::starting);
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_);
    EXPECT_FALSE(plan_.in_sync());
}

TEST_F(HeartbeatPlanTest, RenewsAtTheIntervalOfTheRegistry) {
    register_it(5s);
    EXPECT_EQ(plan_.state(), RegistrarState::registered);
    EXPECT_TRUE(plan_.in_sync());
    EXPECT_EQ(plan_.next().step, Step::renew);
    EXPECT_EQ(plan_.next().at, now_ + 5s);
    plan_.renewed(lease(1s), now_ + 5s, kMiddle);
    EXPECT_EQ(plan_.next().at, now_ + 6s);
}

TEST_F(HeartbeatPlanTest, SpreadsHeartbeatsByATenth) {
    plan_.announced(Status::up, lease(10s), now_, 0.0);
    EXPECT_EQ(plan_.next().at, now_ + 9s);
    plan_.renewed(lease(10s), now_, 0.999999);
    EXPECT_LE(plan_.next().at, now_ + 11s);
    EXPECT_GT(plan_.next().at, now_ + 10s);
}

// The original of the header protocol computed a negative interval and crashed the server.
TEST_F(HeartbeatPlanTest, NeverBeatsWithoutAPause) {
    for (const auto interval : {0ms, -55000ms, 1ms}) {
        plan_.announced(Status::up, lease(interval), now_, 0.0);
        EXPECT_GE(plan_.next().at, now_ + 9ms);
    }
    plan_.announced(Status::up, lease(std::chrono::milliseconds::max()), now_, 0.999);
    EXPECT_LE(plan_.next().at, now_ + 2h);
}

TEST_F(HeartbeatPlanTest, RetriesForEverWithGrowingPausesUpToTheInterval) {
    const Duration expected[] = {200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s, 5s};
    for (const Duration pause : expected) {
        plan_.failed(Step::announce, now_, kNone);
        EXPECT_EQ(plan_.state(), RegistrarState::retrying);
        EXPECT_EQ(plan_.next().step, Step::announce);
        EXPECT_EQ(plan_.next().at, now_ + pause);
        now_ += pause;
    }
    for (int i = 0; i < 10000; ++i)
        plan_.failed(Step::announce, now_, kNone);
    EXPECT_EQ(plan_.next().at, now_ + 5s);
}

TEST_F(HeartbeatPlanTest, RetriesAreCappedByTheIntervalLearned) {
    register_it(1s);
    for (int i = 0; i < 5; ++i)
        plan_.failed(Step::renew, now_, kNone);
    EXPECT_EQ(plan_.next().at, now_ + 1s);
    register_it(30ms);
    plan_.failed(Step::renew, now_, kNone);
    EXPECT_EQ(plan_.next().at, now_ + 30ms);
}

TEST_F(HeartbeatPlanTest, RetriesOfManyAreSpread) {
    plan_.failed(Step::announce, now_, 0.999999);
    EXPECT_GE(plan_.next().at, now_ + 100ms);
    EXPECT_LT(plan_.next().at, now_ + 101ms);
}

TEST_F(HeartbeatPlanTest, FailedHeartbeatIsAHeartbeatAgain) {
    register_it();
    plan_.failed(Step::renew, now_, kNone);
    EXPECT_EQ(plan_.next().step, Step::renew);
    EXPECT_FALSE(plan_.in_sync());
    plan_.renewed(lease(5s), now_, kMiddle);
    EXPECT_TRUE(plan_.in_sync());
    plan_.failed(Step::renew, now_, kNone);
    EXPECT_EQ(plan_.next().at, now_ + 200ms) << "a success starts the backoff anew";
}

TEST_F(HeartbeatPlanTest, RegistersAgainAtOnceWhenTheLeaseIsGone) {
    register_it();
    Lease missing = lease(5s);
    missing.missing = {"calculator/1"};
    plan_.renewed(missing, now_ + 5s, kMiddle);
    EXPECT_FALSE(plan_.in_sync());
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_ + 5s);
    plan_.announced(Status::up, lease(5s), now_ + 5s, kMiddle);
    EXPECT_TRUE(plan_.in_sync());
    EXPECT_EQ(plan_.next().at, now_ + 10s);
}

// A heartbeat that hung for longer than a short lease ended the lease.
TEST_F(HeartbeatPlanTest, WaitsForOneAnswerNoLongerThanAnInterval) {
    register_it(600ms);
    EXPECT_EQ(plan_.patience(2s), 600ms);
    EXPECT_EQ(plan_.patience(500ms), 500ms);
    register_it(100ms);
    EXPECT_EQ(plan_.patience(2s), 200ms);
    EXPECT_EQ(plan_.patience(50ms), 50ms);
    register_it(5s);
    EXPECT_EQ(plan_.patience(2s), 2s);
}

TEST_F(HeartbeatPlanTest, ReplacedIsTheEnd) {
    register_it();
    Lease replaced = lease(5s);
    replaced.replaced = {"calculator/1"};
    plan_.renewed(replaced, now_, kMiddle);
    EXPECT_EQ(plan_.state(), RegistrarState::replaced);
    EXPECT_EQ(plan_.next().step, Step::finish);
    plan_.failed(Step::renew, now_, kNone);
    plan_.want(Status::draining, now_);
    EXPECT_EQ(plan_.state(), RegistrarState::replaced);
    EXPECT_EQ(plan_.next().step, Step::finish);
}

TEST_F(HeartbeatPlanTest, AnnouncementCanBeRefusedAsReplaced) {
    Lease replaced = lease(5s);
    replaced.replaced = {"calculator/1"};
    plan_.announced(Status::up, replaced, now_, kMiddle);
    EXPECT_EQ(plan_.state(), RegistrarState::replaced);
}

TEST_F(HeartbeatPlanTest, NewStatusIsAnnouncedAtOnce) {
    register_it();
    plan_.want(Status::draining, now_ + 1s);
    EXPECT_FALSE(plan_.in_sync());
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_ + 1s);
    plan_.announced(Status::draining, lease(5s), now_ + 1s, kMiddle);
    EXPECT_TRUE(plan_.in_sync());
    EXPECT_EQ(plan_.next().at, now_ + 6s);
    plan_.want(Status::draining, now_ + 2s);
    EXPECT_EQ(plan_.next().at, now_ + 6s);
}

TEST_F(HeartbeatPlanTest, StatusThatChangedDuringTheRequestIsAnnouncedNext) {
    plan_.want(Status::draining, now_);
    plan_.announced(Status::up, lease(5s), now_, kMiddle);
    EXPECT_FALSE(plan_.in_sync());
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_);

    plan_.announced(Status::draining, lease(5s), now_, kMiddle);
    plan_.want(Status::up, now_);
    plan_.renewed(lease(5s), now_, kMiddle);
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_);
}

// A server went down and up again while the registry was away: it had been listed as up and was
// only renewed from then on, although the request that said `down` had arrived.
TEST_F(HeartbeatPlanTest, AnAnnouncementWithoutAnAnswerIsRepeatedEvenIfTheOldStatusIsBack) {
    for (const Status other : {Status::down, Status::draining}) {
        register_it();
        plan_.want(other, now_);
        EXPECT_EQ(plan_.next().step, Step::announce);
        plan_.failed(Step::announce, now_, kNone);
        plan_.want(Status::up, now_);
        EXPECT_EQ(plan_.next().step, Step::announce);
        EXPECT_FALSE(plan_.in_sync());
        plan_.announced(Status::up, lease(5s), now_, kMiddle);
        EXPECT_TRUE(plan_.in_sync());
        EXPECT_EQ(plan_.next().step, Step::renew);
    }
}

// A status that flips all the time must not hammer a registry that is away.
TEST_F(HeartbeatPlanTest, NewStatusWaitsForTheBackoff) {
    register_it();
    plan_.failed(Step::renew, now_, kNone);
    plan_.want(Status::down, now_);
    EXPECT_EQ(plan_.next().step, Step::announce);
    EXPECT_EQ(plan_.next().at, now_ + 200ms);
}

}  // namespace
}  // namespace rollcall::registry
