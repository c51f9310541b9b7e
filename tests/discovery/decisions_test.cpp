// When to ask a registry, whom to choose, what to repeat: pure, with time given by hand.
#include <rollcall/testing/manual_clock.h>

#include "discovery/fake_registry.h"
#include "refresh_plan.h"
#include "retry.h"
#include "standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::ManualClock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const RefreshTimes kTimes{10s, 250ms, 15s};

class RefreshPlans : public ::testing::Test {
protected:
    static registry::Snapshot snapshot(const std::string& index, std::size_t instances) {
        registry::Snapshot made;
        made.index = index;
        for (std::size_t i = 0; i < instances; ++i)
            made.instances.push_back(tests::instance_named("a" + std::to_string(i), 1));
        return made;
    }

    ManualClock clock;
    RefreshPlan plan{kTimes, clock.now()};
};

TEST_F(RefreshPlans, AsksAtOnceAndThenOnTime) {
    EXPECT_EQ(plan.due(), clock.now());
    plan.on_answer(clock.now(), 0.0);
    EXPECT_EQ(plan.due(), clock.now() + 10s);
    plan.on_answer(clock.now(), 0.999999);
    EXPECT_GE(plan.due(), clock.now() + 9s);
    EXPECT_LT(plan.due(), clock.now() + 10s);
}

TEST_F(RefreshPlans, BacksOffWhileTheRegistryIsAway) {
    plan.on_failure(clock.now(), 0.999999);
    EXPECT_LE(plan.due(), clock.now() + 200ms);
    for (int i = 0; i < 20; ++i)
        plan.on_failure(clock.now(), 0.999999);
    EXPECT_GT(plan.due(), clock.now() + 4s);
    EXPECT_LE(plan.due(), clock.now() + 10s) << "never longer than the refresh";
    plan.on_answer(clock.now(), 0.0);
    plan.on_failure(clock.now(), 0.999999);
    EXPECT_LE(plan.due(), clock.now() + 200ms) << "an answer begins it anew";
}

TEST_F(RefreshPlans, HurriesButNotInATightLoop) {
    plan.on_answer(clock.now(), 0.0);
    plan.hurry(clock.now());
    EXPECT_EQ(plan.due(), clock.now() + 250ms);
    clock.advance(3s);
    plan.hurry(clock.now());
    EXPECT_LE(plan.due(), clock.now());
    plan.on_begin();
    plan.on_answer(clock.now(), 0.0);
    plan.demand(clock.now());
    EXPECT_EQ(plan.due(), clock.now());
}

TEST_F(RefreshPlans, KeepsWhatWasAskedForWhileARequestWasUnderWay) {
    plan.on_begin();
    plan.hurry(clock.now());
    plan.on_answer(clock.now(), 0.0);
    EXPECT_EQ(plan.due(), clock.now() + 250ms);
    plan.on_begin();
    plan.demand(clock.now());
    plan.hurry(clock.now());
    plan.on_failure(clock.now(), 0.0);
    EXPECT_EQ(plan.due(), clock.now());
    plan.on_begin();
    plan.on_answer(clock.now(), 0.0);
    EXPECT_EQ(plan.due(), clock.now() + 10s);
}

TEST_F(RefreshPlans, BelievesAnEmptyListOfTheSameEpoch) {
    const auto full = snapshot("epoch.7", 2);
    EXPECT_TRUE(plan.believes(&full, snapshot("epoch.8", 0), clock.now()));
}

TEST_F(RefreshPlans, BelievesAnythingBeforeTheFirstInstance) {
    EXPECT_TRUE(plan.believes(nullptr, snapshot("epoch.1", 0), clock.now()));
    const auto empty = snapshot("epoch.1", 0);
    EXPECT_TRUE(plan.believes(&empty, snapshot("other.1", 0), clock.now()));
    EXPECT_TRUE(plan.believes(&empty, snapshot("other.1", 1), clock.now()));
}

TEST_F(RefreshPlans, HoldsAFullListAgainstAnEmptyOneOfANewEpoch) {
    const auto full = snapshot("epoch.7", 2);
    const auto empty = snapshot("other.1", 0);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
    clock.advance(15s - 1ms);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
    clock.advance(1ms);
    EXPECT_TRUE(plan.believes(&full, empty, clock.now()));
}

TEST_F(RefreshPlans, HoldsForTheLongestLease) {
    auto full = snapshot("epoch.7", 2);
    full.instances[1].ttl = 60s;
    const auto empty = snapshot("other.1", 0);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
    clock.advance(59s);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
    clock.advance(1s);
    EXPECT_TRUE(plan.believes(&full, empty, clock.now()));
}

TEST_F(RefreshPlans, CountsTheHoldFromTheFirstEmptyListInARow) {
    const auto full = snapshot("epoch.7", 2);
    const auto empty = snapshot("other.1", 0);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
    clock.advance(14s);
    EXPECT_TRUE(plan.believes(&full, snapshot("other.2", 1), clock.now()));
    clock.advance(14s);
    EXPECT_FALSE(plan.believes(&full, empty, clock.now()));
}

TEST_F(RefreshPlans, DistrustsRegistriesWithoutAnEpoch) {
    const auto full = snapshot("", 2);
    EXPECT_FALSE(plan.believes(&full, snapshot("", 0), clock.now()));
    clock.advance(15s);
    EXPECT_TRUE(plan.believes(&full, snapshot("", 0), clock.now()));
}

TEST(Epoch, IsWhatStandsBeforeTheLastDot) {
    EXPECT_EQ(epoch_of("abc.12"), "abc");
    EXPECT_EQ(epoch_of("a.b.12"), "a.b");
    EXPECT_EQ(epoch_of("12"), "");
    EXPECT_EQ(epoch_of(""), "");
}

TEST(Fittest, PrefersTheWellThenTheStaleThenTheAvoided) {
    const Standing well{};
    const Standing stale{.stale = true};
    const Standing avoided{.avoided = true};
    const Standing both{.avoided = true, .stale = true};
    const Standing tried{.tried = true};
    EXPECT_THAT(fittest({stale, well, avoided, well}), ElementsAre(1, 3));
    EXPECT_THAT(fittest({avoided, stale, both, stale}), ElementsAre(1, 3));
    EXPECT_THAT(fittest({both, avoided, avoided}), ElementsAre(1, 2));
    EXPECT_THAT(fittest({tried, both}), ElementsAre(1));
    EXPECT_THAT(fittest({tried, tried}), IsEmpty());
    EXPECT_THAT(fittest({}), IsEmpty());
}

TEST(Fittest, StaysInItsZoneWhileHalfOfItWillDo) {
    const Standing near{};
    const Standing far{.far = true};
    const Standing ill{.avoided = true};
    const Standing tried{.tried = true};
    EXPECT_THAT(fittest({near, far, near, far}), ElementsAre(0, 2));
    EXPECT_THAT(fittest({near, far, ill, far}), ElementsAre(0)) << "half";
    EXPECT_THAT(fittest({near, far, ill, ill}), ElementsAre(0, 1))
        << "less than half: all who will";
    EXPECT_THAT(fittest({ill, far, ill}), ElementsAre(1));
    EXPECT_THAT(fittest({far, far}), ElementsAre(0, 1)) << "nobody is near";
    EXPECT_THAT(fittest({tried, far}), ElementsAre(1));
    EXPECT_THAT(fittest({Standing{.stale = true}, far}), ElementsAre(1)) << "fresh before near";
}

TEST(RetryBudget, LetsABurstAndThenAShareThrough) {
    RetryBudget budget{0.5, 2};
    EXPECT_TRUE(budget.take());
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
    budget.on_call();
    EXPECT_FALSE(budget.take());
    budget.on_call();
    EXPECT_TRUE(budget.take());
    for (int i = 0; i < 100; ++i)
        budget.on_call();
    EXPECT_TRUE(budget.take());
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take()) << "the burst is the most";
}

TEST(Retry, NeverRepeatsAnAnswer) {
    for (const Errc code :
         {Errc::handler_failed,
          Errc::remote_error,
          Errc::invalid_arguments,
          Errc::method_not_found,
          Errc::invalid_request,
          Errc::unauthenticated,
          Errc::result_too_large,
          Errc::invalid_result,
          Errc::message_too_large,
          Errc::cancelled}) {
        EXPECT_FALSE(may_go_elsewhere(code)) << name_of(code);
        EXPECT_FALSE(blames_instance(code)) << name_of(code);
    }
    for (const Errc code :
         {Errc::connect_failed, Errc::connection_lost, Errc::timed_out, Errc::unavailable}) {
        EXPECT_TRUE(may_go_elsewhere(code)) << name_of(code);
        EXPECT_TRUE(blames_instance(code)) << name_of(code);
    }
    EXPECT_TRUE(may_go_elsewhere(Errc::overloaded));
    EXPECT_FALSE(blames_instance(Errc::overloaded));
}

}  // namespace
}  // namespace rollcall::discovery
