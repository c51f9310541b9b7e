// Lists of a registry that can be watched, over one in memory.
#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::eventually;
using tests::instance_named;

class WatchedLists : public tests::FakeRegistryFixture {
protected:
    WatchedLists() { watch_alone(); }
};

TEST_F(WatchedLists, ComeWhenTheyChange) {
    const RegistryDiscovery found = discover();
    ASSERT_EQ(found.get(SelectMode::random)->id, "a");
    for (int i = 2; i < 20; ++i) {
        registry->list({instance_named("i" + std::to_string(i), 2)}, "e." + std::to_string(i));
        ASSERT_TRUE(eventually([&] { return found.status().index == "e." + std::to_string(i); }));
    }
    // One more if the first reader asked for haste while the first list was on its way.
    EXPECT_LE(registry->reads(), 2) << "only the first was read";
}

TEST_F(WatchedLists, AreConfirmedByTheEndOfAWait) {
    options.refresh = 40ms;
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->waits() > 5; }));
    EXPECT_LE(registry->reads(), 2);
    EXPECT_FALSE(found.status().error);
    EXPECT_LT(found.status().age, 10s);
}

TEST_F(WatchedLists, ARefreshEndsTheWait) {
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    const int before = registry->reads();
    EXPECT_TRUE(found.refresh());
    EXPECT_GT(registry->reads(), before);
    EXPECT_FALSE(found.status().error) << "an ended wait is no failure";
    EXPECT_TRUE(eventually([&] { return registry->is_watched(); }));
}

// News had counted as the answer.
TEST_F(WatchedLists, ARefreshAfterNewsIsARequestToo) {
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    for (int i = 2; i < 6; ++i) {
        ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
        registry->list({instance_named("a", 1)}, "e." + std::to_string(i));
        ASSERT_TRUE(eventually([&] { return found.status().index == "e." + std::to_string(i); }));
    }
    const int before = registry->reads();
    EXPECT_TRUE(found.refresh());
    EXPECT_GT(registry->reads(), before);
}

TEST_F(WatchedLists, ThatFailAreReadUntilTheRegistryIsBack) {
    options.refresh = 200ms;  // and so are the pauses between attempts
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    registry->set_down(true);
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    EXPECT_EQ(found.get_all()->size(), 1U) << "the last list is served";
    registry->list({instance_named("b", 2)}, "e.2");
    registry->set_down(false);
    EXPECT_TRUE(eventually([&] { return found.get(SelectMode::random)->id == "b"; }));
    EXPECT_TRUE(eventually([&] { return registry->is_watched(); }));
}

TEST_F(WatchedLists, ThatAreNotBelievedAreNotAskedForInATightLoop) {
    options.empty_hold = 1h;
    options.refresh = 500ms;
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    registry->list({}, "new.1");
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    const int before = registry->reads() + registry->waits();
    ASSERT_TRUE(eventually([&] { return found.status().failing_for > 300ms; }));
    EXPECT_LE(registry->reads() + registry->waits() - before, 10);
    EXPECT_EQ(found.get_all()->size(), 1U);
}

TEST_F(WatchedLists, AreReadOnTimeByARegistryWithoutRoomForWaiters) {
    registry->set_crowded(true);
    options.refresh = 30ms;
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->waits() > 0; }));
    EXPECT_FALSE(found.status().error);
    registry->list({instance_named("b", 2)}, "e.2");
    EXPECT_TRUE(eventually([&] { return found.get(SelectMode::random)->id == "b"; }));
    EXPECT_EQ(registry->waits(), 1) << "it is not asked again soon";
}

TEST_F(WatchedLists, WithoutAnIndexAreReadOnTime) {
    registry->list({instance_named("a", 1)}, "");
    options.refresh = 30ms;
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    ASSERT_TRUE(eventually([&] { return registry->reads() > 3; }));
    EXPECT_EQ(registry->waits(), 0);
}

TEST_F(WatchedLists, EndWithTheirDiscovery) {
    {
        const RegistryDiscovery found = discover();
        ASSERT_TRUE(found.get_all());
        ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    }
    EXPECT_EQ(registry.use_count(), 1) << "the thread and its source are gone";
}

TEST_F(WatchedLists, TellWhatIsNewAboutThem) {
    std::mutex mutex;
    std::vector<std::string> told;
    const auto ids = [](const std::vector<registry::Instance>& instances) {
        std::string text;
        for (const registry::Instance& each : instances)
            text += each.id;
        return text;
    };
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    const Subscription subscription = found.on_change([&](const ListChange& change) {
        const std::lock_guard lock{mutex};
        told.push_back(
            "+" + ids(change.added) + " ~" + ids(change.changed) + " -" + ids(change.removed) +
            " =" + ids(change.snapshot->instances)
        );
    });
    const auto count = [&] {
        const std::lock_guard lock{mutex};
        return told.size();
    };
    EXPECT_EQ(count(), 1U) << "the present list, at once";
    registry->list({instance_named("b", 2), instance_named("a", 1)}, "e.2");
    ASSERT_TRUE(eventually([&] { return count() == 2; }));
    registry->list({instance_named("c", 3), instance_named("b", 9)}, "e.3");
    ASSERT_TRUE(eventually([&] { return count() == 3; }));
    registry->list({instance_named("c", 3), instance_named("b", 9)}, "e.4");
    ASSERT_TRUE(eventually([&] { return found.status().index == "e.4"; }));
    registry->list({}, "e.5");
    ASSERT_TRUE(eventually([&] { return count() >= 4; }));
    EXPECT_THAT(told, ElementsAre("+a ~ - =a", "+b ~ - =ba", "+c ~b -a =cb", "+ ~ -bc ="));
}

// ---- lists that do not come to rest

// Whoever came back was answered at once, without end.
TEST_F(WatchedLists, ThatChangeAllTheTimeAreNotAskedForAllTheTime) {
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    int changes = 1;
    const TimePoint begin = SteadyClock::now();
    const auto change = [&] {
        registry->list({instance_named("a", 1)}, "e." + std::to_string(++changes));
        return SteadyClock::now() - begin > 700ms;
    };
    ASSERT_TRUE(eventually(change));
    // Counted first: a slow machine has had more time.
    const int waits = registry->waits();
    EXPECT_LE(waits, (SteadyClock::now() - begin) / 50ms + 2) << changes;
    EXPECT_GE(waits, 2);
    EXPECT_TRUE(eventually([&] { return found.status().index == "e." + std::to_string(changes); }));
}

TEST_F(WatchedLists, AreNotAskedForAllTheTimeIfWaitsEndAtOnceWithNothing) {
    registry->set_hasty(true);
    const RegistryDiscovery found = discover();
    const TimePoint begin = SteadyClock::now();
    ASSERT_TRUE(found.get_all());
    EXPECT_TRUE(eventually([&] { return SteadyClock::now() - begin > 500ms; }));
    const int waits = registry->waits();
    EXPECT_LE(waits, (SteadyClock::now() - begin) / 50ms + 2);
    EXPECT_GE(waits, 1);
}

TEST_F(WatchedLists, AreReadAtOnceAlsoInAPauseOfTheWatch) {
    registry->set_hasty(true);
    RegistryDiscovery found = discover();
    // After the burst the pauses are long.
    ASSERT_TRUE(eventually([&] { return registry->waits() > 20; }));
    const TimePoint begin = SteadyClock::now();
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(found.refresh());
    EXPECT_LT(SteadyClock::now() - begin, 3s) << "five pauses are five seconds";
}

}  // namespace
}  // namespace rollcall::discovery
