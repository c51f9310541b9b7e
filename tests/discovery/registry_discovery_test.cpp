// The refresh loop over a registry in memory that is killed, hangs and forgets at will.
#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry_fixture.h"
#include "polled_service.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::eventually;
using tests::instance_named;

using RegistryDiscoveries = tests::FakeRegistryFixture;

TEST_F(RegistryDiscoveries, FollowTheRegistryByThemselves) {
    registry->list({instance_named("a", 1)}, "e.1");
    const RegistryDiscovery found = discover();
    EXPECT_EQ(found.get(SelectMode::random)->id, "a");
    registry->list({instance_named("b", 2), instance_named("c", 3)}, "e.2");
    EXPECT_TRUE(eventually([&] { return found.get_all()->size() == 2; }));
    EXPECT_EQ(found.status().index, "e.2");
    registry->list({}, "e.3");
    EXPECT_TRUE(eventually([&] { return found.get_all()->empty(); })) << "same epoch: believed";
}

TEST_F(RegistryDiscoveries, ServeTheLastListWhileTheRegistryIsDown) {
    registry->list({instance_named("a", 1)}, "e.1");
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get(SelectMode::random));
    registry->set_down(true);
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    EXPECT_EQ(found.get(SelectMode::random)->id, "a");
    EXPECT_THAT(found.status().error->message(), HasSubstr("connection refused"));
    EXPECT_TRUE(eventually([&] { return found.status().age > 100ms; }));
    registry->set_down(false);
    EXPECT_TRUE(eventually([&] { return !found.status().error; }));
}

TEST_F(RegistryDiscoveries, KeepTheListOfARegistryThatLostItsMemory) {
    options.empty_hold = 1h;
    registry->list({instance_named("a", 1)}, "old.5");
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get(SelectMode::random));
    registry->list({}, "new.1");
    const auto refreshed = found.refresh();
    ASSERT_FALSE(refreshed);
    EXPECT_THAT(refreshed.error().message(), HasSubstr("started anew"));
    EXPECT_EQ(found.get_all()->size(), 1U);
    registry->list({instance_named("b", 2)}, "new.2");
    EXPECT_TRUE(found.refresh());
    EXPECT_EQ(found.get(SelectMode::random)->id, "b");
}

TEST_F(RegistryDiscoveries, BelieveTheEmptyListInTheEnd) {
    options.empty_hold = 100ms;
    registry->list({instance_named("a", 1)}, "old.5");
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get(SelectMode::random));
    registry->list({}, "new.1");
    EXPECT_TRUE(eventually([&] { return found.get_all()->empty(); }));
}

TEST_F(RegistryDiscoveries, MakeTheFirstReaderWaitUntilHisDeadline) {
    registry->set_down(true);
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    const auto none = found.get(SelectMode::random, Deadline::in(50ms));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    EXPECT_THAT(none.error().message(), HasSubstr("'calculator' at the fake registry"));
    EXPECT_THAT(none.error().message(), HasSubstr("connection refused"));
    std::thread reader{[&] { EXPECT_TRUE(found.get(SelectMode::random, Deadline::in(10s))); }};
    registry->list({instance_named("a", 1)}, "e.1");
    registry->set_down(false);
    reader.join();
}

TEST_F(RegistryDiscoveries, NeverMakeReadersWaitForIo) {
    registry->list({instance_named("a", 1)}, "e.1");
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get(SelectMode::random));
    registry->set_hanging(true);
    const int before = registry->reads();
    ASSERT_TRUE(eventually([&] { return registry->reads() > before; })) << "one hangs now";
    const TimePoint start = SteadyClock::now();
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(found.get(SelectMode::random));
    EXPECT_LT(SteadyClock::now() - start, options.request_timeout);
    registry->set_hanging(false);
}

TEST_F(RegistryDiscoveries, ShareOneRequestAmongThoseWhoRefresh) {
    options.refresh = 1h;
    registry->list({instance_named("a", 1)}, "e.1");
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get(SelectMode::random));
    registry->set_hanging(true);
    const int before = registry->reads();
    std::atomic<int> refreshed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, copy = found]() mutable {
            if (copy.refresh(Deadline::in(20s))) ++refreshed;
        });
    }
    EXPECT_TRUE(eventually([&] { return registry->reads() > before; }));
    registry->set_hanging(false);
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(refreshed, 8);
    EXPECT_EQ(registry->most_at_once(), 1);
    EXPECT_LE(registry->reads() - before, 8);
}

TEST_F(RegistryDiscoveries, RefreshWithinADeadline) {
    options.refresh = 1h;
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    registry->set_hanging(true);
    const auto late = found.refresh(Deadline::in(20ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_THAT(late.error().message(), HasSubstr("the fake registry"));
}

TEST_F(RegistryDiscoveries, EndAlthoughARequestHangs) {
    options.request_timeout = 1h;
    registry->set_hanging(true);
    {
        const RegistryDiscovery found = discover();
        ASSERT_TRUE(eventually([&] { return registry->reads() == 1; }));
    }
    EXPECT_EQ(registry.use_count(), 1) << "the thread and its source are gone";
}

TEST_F(RegistryDiscoveries, MayEndOnTheirOwnThread) {
    registry->list({instance_named("a", 1)}, "e.1");
    auto found = std::make_shared<std::unique_ptr<RegistryDiscovery>>();
    *found = std::make_unique<RegistryDiscovery>(discover());
    std::atomic<bool> ended{false};
    std::atomic<bool> may_end{false};
    const Subscription subscription = (*found)->subscribe([&, found] {
        if (!may_end || ended) return;
        found->reset();
        ended = true;
    });
    may_end = true;
    EXPECT_TRUE(eventually([&] { return ended.load(); }));
    EXPECT_TRUE(eventually([&] { return registry.use_count() == 1; }));
}

TEST_F(RegistryDiscoveries, AreRefreshedMoreOftenWhileSomebodyWaits) {
    options.refresh = 1h;
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all()->empty());
    registry->list({instance_named("a", 1)}, "e.2");
    found.hurry();
    EXPECT_TRUE(eventually([&] { return !found.get_all()->empty(); }));
}

TEST_F(RegistryDiscoveries, LogThatTheRegistryIsAwayOnce) {
    std::atomic<int> lines{0};
    options.log = Log{[&](LogLevel, std::string_view) { ++lines; }, LogLevel::warning};
    options.refresh = 10ms;
    registry->set_down(true);
    RegistryDiscovery found = discover();
    ASSERT_TRUE(eventually([&] { return registry->reads() > 5; }));
    EXPECT_EQ(lines, 1);
    registry->set_down(false);
    ASSERT_TRUE(found.refresh());
    EXPECT_EQ(lines, 2);
}

// It had overflowed to -1 ms.
TEST_F(RegistryDiscoveries, TakeNeverAsAYear) {
    constexpr auto kNever = std::chrono::milliseconds::max();
    options.refresh = kNever;
    options.request_timeout = kNever;
    options.hurry_gap = kNever;
    options.empty_hold = kNever;
    options.cache_age = std::chrono::seconds::max();
    registry->list({instance_named("a", 1)}, "e.1");
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    EXPECT_FALSE(eventually([&] { return registry->reads() > 2; }, 100ms));
    registry->set_hanging(true);
    EXPECT_FALSE(found.refresh(Deadline::in(50ms)));
    EXPECT_FALSE(found.status().error) << "the request has all the time";
    registry->list({}, "new.1");
    registry->set_hanging(false);
    EXPECT_FALSE(found.refresh());
    EXPECT_EQ(found.get_all()->size(), 1U) << "held against an empty list";
}

TEST(PolledService, HasNoTimeLongerThanAYear) {
    constexpr std::chrono::milliseconds kYear = kLongestTime;
    for (const auto asked : {kYear - 1ms, kYear, kYear + 1ms, std::chrono::milliseconds::max()}) {
        RegistryDiscoveryOptions options;
        options.refresh = options.request_timeout = asked;
        options.hurry_gap = options.empty_hold = asked;
        options.cache_age = std::chrono::duration_cast<std::chrono::seconds>(asked) + 1s;
        const PolledService service{"calculator", options};
        const auto expected = std::min(asked, kYear);
        EXPECT_EQ(service.options.refresh, expected);
        EXPECT_EQ(service.options.request_timeout, expected);
        EXPECT_EQ(service.options.hurry_gap, expected);
        EXPECT_EQ(service.options.empty_hold, expected);
        EXPECT_EQ(service.options.cache_age, kYear);
    }
}

TEST(RefreshPlan, HoldsAFullListOfLeasesWithoutEnd) {
    registry::Snapshot full;
    full.instances = {instance_named("a", 1)};
    full.instances[0].ttl = std::chrono::milliseconds::max();
    RefreshPlan plan{{10s, 250ms, 15s}, TimePoint{}};
    EXPECT_FALSE(plan.believes(&full, {}, TimePoint{}));
    EXPECT_FALSE(plan.believes(&full, {}, TimePoint{kLongestTime} - 1ms));
    EXPECT_TRUE(plan.believes(&full, {}, TimePoint{kLongestTime}));
}

TEST(RegistryDiscovery, RefusesWhatCanNeverWork) {
    using Options = RegistryDiscoveryOptions;
    EXPECT_THROW(RegistryDiscovery("ftp://127.0.0.1:1", "calculator"), std::invalid_argument);
    EXPECT_THROW(RegistryDiscovery("http://127.0.0.1:1", "no spaces"), std::invalid_argument);
    EXPECT_THROW(
        RegistryDiscovery("http://127.0.0.1:1", "calculator", Options{.refresh = 0ms, .log = {}}),
        std::invalid_argument
    );
    EXPECT_THROW(
        RegistryDiscovery(
            "http://127.0.0.1:1", "calculator", Options{.empty_hold = -1ms, .log = {}}
        ),
        std::invalid_argument
    );
}

}  // namespace
}  // namespace rollcall::discovery
