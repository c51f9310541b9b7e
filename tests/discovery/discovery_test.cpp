#include <rollcall/discovery/discovery.h>
#include <rollcall/discovery/service_client.h>

#include "discovery/fake_registry.h"
#include "discovery_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using registry::Status;
using ::testing::HasSubstr;
using tests::instance_named;

TEST(InstanceList, TakesEndpointsTextsAndInstances) {
    EXPECT_EQ(InstanceList({"127.0.0.1:1", "[::1]:2"}).instances().size(), 2U);
    EXPECT_EQ(InstanceList({Endpoint{"127.0.0.1", 1}}).instances()[0].id, "127.0.0.1:1");
    const std::vector<Endpoint> endpoints{{"127.0.0.1", 1}, {"127.0.0.1", 2}};
    EXPECT_EQ(InstanceList(endpoints).instances()[1].port, 2);
    EXPECT_EQ(InstanceList(std::vector{instance_named("x", 3)}).instances()[0].id, "x");
    EXPECT_TRUE(InstanceList{}.instances().empty());
}

TEST(InstanceList, KeepsTheFirstOfAnId) {
    const InstanceList list{std::vector{instance_named("x", 1), instance_named("x", 2)}};
    ASSERT_EQ(list.instances().size(), 1U);
    EXPECT_EQ(list.instances()[0].port, 1);
}

TEST(InstanceList, SaysWhatIsNoEndpoint) {
    try {
        const InstanceList list{"127.0.0.1:9000", "nonsense"};
        FAIL() << "took " << list.instances().size();
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), HasSubstr("nonsense"));
    }
}

TEST(MultiServersDiscovery, ListsWhatItWasGiven) {
    MultiServersDiscovery servers{{"127.0.0.1:1", "127.0.0.1:2"}};
    EXPECT_EQ(servers.get_all()->size(), 2U);
    EXPECT_TRUE(servers.refresh());
    const auto first = servers.get(SelectMode::round_robin);
    const auto second = servers.get(SelectMode::round_robin);
    EXPECT_NE(first->id, second->id);
    EXPECT_EQ(servers.get(SelectMode::round_robin)->id, first->id);
}

TEST(MultiServersDiscovery, SharesUpdatesWithItsCopies) {
    MultiServersDiscovery servers;
    const Discovery copy = servers;  // slicing is what handles are for
    int changes = 0;
    Subscription subscription = copy.subscribe([&] { ++changes; });
    servers.update({"127.0.0.1:7"});
    EXPECT_EQ(copy.get(SelectMode::random)->port, 7);
    EXPECT_EQ(changes, 1);
    subscription = Subscription{};
    servers.update({});
    EXPECT_EQ(changes, 1);
    EXPECT_TRUE(copy.get_all()->empty());
}

TEST(MultiServersDiscovery, ChoosesOnlyInstancesThatAreUpAndStaleOnesLast) {
    auto draining = instance_named("a", 1);
    draining.status = Status::draining;
    auto overridden = instance_named("b", 2);
    overridden.override_status = Status::down;
    auto stale = instance_named("c", 3);
    stale.stale = true;
    MultiServersDiscovery servers{std::vector{draining, overridden, stale, instance_named("d", 4)}};
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(servers.get(SelectMode::random)->id, "d");
        EXPECT_EQ(servers.get(SelectMode::round_robin)->id, "d");
    }
    servers.update(std::vector{draining, stale});
    EXPECT_EQ(servers.get(SelectMode::random)->id, "c");
    EXPECT_EQ(servers.get_all()->size(), 2U);
    servers.update(std::vector{draining, overridden});
    const auto none = servers.get(SelectMode::random);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    EXPECT_THAT(none.error().message(), HasSubstr("names 2, none of which takes calls"));
}

// An HTTP server of the same service got MessagePack.
TEST(MultiServersDiscovery, ChoosesNothingThatIsNoRpcServer) {
    auto web = instance_named("a", 1);
    web.scheme = "http";
    auto nowhere = instance_named("b", 2);
    nowhere.port = 0;
    const MultiServersDiscovery servers{std::vector{web, nowhere, instance_named("c", 3)}};
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(servers.get(SelectMode::random)->id, "c");
    ServiceClient client{servers};
    ASSERT_EQ(client.state().size(), 1U);
    EXPECT_EQ(client.state()[0].instance.id, "c");
}

TEST(MultiServersDiscovery, SaysThatItsListIsEmpty) {
    const MultiServersDiscovery servers;
    const auto none = servers.get(SelectMode::random);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message(), HasSubstr("is empty"));
    EXPECT_TRUE(servers.status().has_list);
    EXPECT_EQ(servers.status().instances, 0U);
}

// A list that never changed kept all who had ever subscribed.
TEST(DiscoveryState, ForgetsThoseWhoHaveUnsubscribed) {
    DiscoveryState state{"the list"};
    int told = 0;
    std::vector<Subscription> staying;
    for (int i = 0; i < 100; ++i)
        staying.push_back(state.subscribe([&] { ++told; }));
    EXPECT_EQ(state.subscriptions(), 100U);
    for (int i = 0; i < 10'000; ++i)
        (void)state.subscribe([] { FAIL() << "has ended"; });
    EXPECT_LE(state.subscriptions(), 300U);
    state.publish(std::make_shared<const registry::Snapshot>(), SteadyClock::now());
    EXPECT_EQ(told, 100);
    EXPECT_EQ(state.subscriptions(), 100U);
}

// get() had sorted ten thousand instances for each call.
TEST(DiscoveryState, FindsOutWhoTakesCallsOncePerList) {
    DiscoveryState state{"the list"};
    auto list = std::make_shared<registry::Snapshot>();
    list->instances = {instance_named("b", 2), instance_named("a", 1), instance_named("c", 0)};
    state.publish(list, SteadyClock::now());
    const auto takers = state.takers(list);
    ASSERT_EQ(takers->members.size(), 2U) << "nothing listens at port 0";
    EXPECT_EQ(takers->members[0].instance->id, "a");
    EXPECT_EQ(takers->members[1].instance->id, "b");
    EXPECT_EQ(state.takers(list), takers);
    const auto next = std::make_shared<const registry::Snapshot>(*list);
    state.publish(next, SteadyClock::now());
    EXPECT_NE(state.takers(next), takers);
    EXPECT_NE(state.takers(next)->version, takers->version) << "tables of it are made anew";
    EXPECT_EQ(state.takers(next), state.takers(next));
}

}  // namespace
}  // namespace rollcall::discovery
