// One watch for all discoveries of a registry.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/http/url.h>
#include <rollcall/registry/native_registry.h>
#include <rollcall/registry/registry_server.h>

#include "discovery/fake_registry_fixture.h"
#include "polled_service.h"
#include "registry/quiet_registry.h"
#include "registry_poller.h"
#include "support/eventually.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using tests::FakeSource;
using tests::instance_named;

class SharedWatch : public tests::FakeRegistryFixture {
protected:
    SharedWatch() { watch_alone(); }

    std::shared_ptr<PolledService> poll(const std::string& service) {
        auto polled = std::make_shared<PolledService>(service, options);
        polled->state = std::make_shared<DiscoveryState>("the list of '" + service + "'");
        poller.add(polled);
        return polled;
    }

    static std::string index_of(const std::shared_ptr<PolledService>& service) {
        return service->state->status(SteadyClock::now()).index;
    }

    static bool is_left_alone(const std::shared_ptr<PolledService>& service) {
        return service->state->status(SteadyClock::now()).age > 300ms;
    }

    RegistryPoller poller{std::make_unique<FakeSource>(registry), "the fake registry"};
};

// The second had got the list that was moved into the first, and was watched with an old index.
TEST_F(SharedWatch, OfOneServiceTwiceTellsBoth) {
    registry->set_watchable(false);
    const auto first = poll("calculator");
    ASSERT_TRUE(eventually([&] { return index_of(first) == "e.1"; }));
    registry->list({instance_named("b", 2)}, "e.2");
    registry->set_watchable(true);
    const auto second = poll("calculator");
    EXPECT_TRUE(eventually([&] { return index_of(second) == "e.2"; }));
    EXPECT_TRUE(eventually([&] { return index_of(first) == "e.2"; })) << "it was read by another";
    registry->list({instance_named("c", 3)}, "e.3");
    EXPECT_TRUE(eventually([&] { return index_of(first) == "e.3" && index_of(second) == "e.3"; }));
    for (const auto& each : {first, second}) {
        ASSERT_EQ(each->state->snapshot()->instances.size(), 1U);
        EXPECT_EQ(each->state->snapshot()->instances[0].id, "c");
    }
    EXPECT_TRUE(eventually([&] { return is_left_alone(first) && is_left_alone(second); }))
        << "nobody asks again and again";
    EXPECT_LE(registry->waits(), 8);
}

TEST_F(SharedWatch, OfMoreServicesThanTheRegistryTakesHasEachThatItTakesForAll) {
    const auto first = poll("calculator");  // two names are taken
    const auto other = poll("billing");
    const auto third = poll("shipping");
    const auto again = poll("calculator");
    for (const auto& each : {first, other, third, again})
        ASSERT_TRUE(eventually([&] { return index_of(each) == "e.1"; }));
    ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    registry->list({instance_named("b", 2)}, "e.2");
    for (const auto& each : {first, other, again})
        EXPECT_TRUE(eventually([&] { return index_of(each) == "e.2"; }));
    EXPECT_EQ(index_of(third), "e.1") << "it is read on time";
}

// The log was used after the end of the discovery that it belongs to.
TEST_F(SharedWatch, NobodyEndsWhileTheirLogHearsThatTheyMayNotBeWatched) {
    registry->set_crowded(true);
    std::promise<void> told;
    std::promise<void> may_go_on;
    std::atomic<bool> is_in_use{false};
    const auto slow = [&](LogLevel, std::string_view) {
        is_in_use = true;
        told.set_value();
        may_go_on.get_future().wait();
        is_in_use = false;
    };
    options.log = Log{slow, LogLevel::info};
    const auto service = poll("calculator");
    told.get_future().wait();
    std::atomic<bool> is_over{false};
    std::thread ender{[&] {
        poller.remove(service);
        EXPECT_FALSE(is_in_use);
        is_over = true;
    }};
    EXPECT_FALSE(eventually([&] { return is_over.load(); }, 100ms));
    may_go_on.set_value();
    ender.join();
}

// Every call to a service that may not be read had ended the watch of the others.
TEST_F(SharedWatch, GoesOnWhileSomebodyHurriesForAnother) {
    options.hurry_gap = 1h;  // no haste makes a read come earlier
    registry->refuse("billing");
    const auto watched = poll("calculator");
    const auto refused = poll("billing");
    ASSERT_TRUE(eventually([&] {
        return refused->state->status(SteadyClock::now()).error.has_value();
    }));
    ASSERT_TRUE(eventually([&] { return registry->is_watched(); }));
    const int waits = registry->waits();
    const int reads = registry->reads();
    int hurries = 0;
    const TimePoint begin = SteadyClock::now();
    ASSERT_TRUE(eventually([&] {
        poller.hurry(*refused);
        return ++hurries > 50 && SteadyClock::now() - begin > 100ms;
    }));
    // One more for each read of what is refused.
    EXPECT_LE(registry->waits() - waits, registry->reads() - reads + 2) << hurries;
}

TEST(RefreshPlan, SaysWhetherHasteChangesAnything) {
    const TimePoint now{};
    RefreshPlan plan{{10s, 250ms, 15s}, now};
    EXPECT_FALSE(plan.hurry(now)) << "the first request is due at once";
    plan.on_begin();
    plan.on_answer(now, 0.0);
    EXPECT_TRUE(plan.hurry(now));
    EXPECT_FALSE(plan.hurry(now));
    EXPECT_FALSE(plan.hurry(now + 1s)) << "it is due";
    plan.on_begin();
    EXPECT_FALSE(plan.hurry(now + 1s)) << "under way";
    plan.on_answer(now + 1s, 0.0);
    EXPECT_EQ(plan.due(), now + 1s + 250ms) << "and kept in mind";
}

// With the registry itself: one JSON object, in which a name stands once.
TEST_F(SharedWatch, OfOneServiceInTwoDiscoveriesFollowTheRegistry) {
    registry::RegistryServer server{registry::tests::quiet()};
    server.start();
    registry::NativeAnnouncer announcer{*http::Url::parse(server.url())};
    auto instance = instance_named("a", 1);
    instance.service = "calculator";
    const auto announce = [&](std::uint16_t port) {
        instance.port = port;
        return announcer.announce({instance}, Deadline::in(10s));
    };
    const auto has_port = [](const RegistryDiscovery& found, std::uint16_t port) {
        const auto list = found.snapshot();
        return list && list->instances.size() == 1 && list->instances[0].port == port;
    };
    ASSERT_TRUE(announce(1));
    const RegistryDiscovery first{server.url(), "calculator", options};
    ASSERT_TRUE(eventually([&] { return has_port(first, 1); }));
    const RegistryDiscovery second{server.url(), "calculator", options};
    for (std::uint16_t port = 2; port < 6; ++port) {
        ASSERT_TRUE(announce(port));
        EXPECT_TRUE(eventually([&] { return has_port(first, port) && has_port(second, port); }));
    }
    EXPECT_TRUE(eventually([&] { return first.status().age > 300ms && second.status().age > 300ms; }
    )) << "nobody asks again and again";
}

}  // namespace
}  // namespace rollcall::discovery
