// Which instances a client keeps: zones, filters, lists that become empty.
#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry.h"
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using namespace tests;
using testing::InMemoryDiscovery;

class SlotLists : public ::testing::Test {
protected:
    // Three servers in the zones a, a and b, with the tags 0, 1 and 2.
    SlotLists() {
        for (std::size_t i = 0; i < 3; ++i) {
            servers.push_back(std::make_unique<ContractServer>());
            registry::Instance instance;
            const Endpoint endpoint = servers.back()->endpoint();
            instance.id = endpoint.to_string();
            instance.address = endpoint.host();
            instance.port = endpoint.port();
            instance.zone = i < 2 ? "a" : "b";
            instance.tags = {"t" + std::to_string(i)};
            instance.version = i == 0 ? "1.0" : "2.0";
            instance.meta["shard"] = std::to_string(i);
            instances.push_back(instance);
        }
        options.client.log = Log::none();
        found.update(instances);
    }

    // Attempts at each, after so many calls.
    std::vector<std::uint64_t> attempts(ServiceClient& client, int calls) {
        for (int i = 0; i < calls; ++i)
            EXPECT_TRUE(client.call(contract::add(1, 2)));
        std::map<std::string, std::uint64_t> by_id;
        for (const InstanceState& state : client.state())
            by_id[state.instance.id] = state.attempts;
        std::vector<std::uint64_t> all;
        for (const registry::Instance& instance : instances)
            all.push_back(by_id[instance.id]);
        return all;
    }

    std::vector<std::unique_ptr<ContractServer>> servers;
    std::vector<registry::Instance> instances;
    MultiServersDiscovery found;
    ServiceClientOptions options;
};

TEST_F(SlotLists, OwnZoneComesFirst) {
    options.zone = "a";
    ServiceClient client{found, options};
    EXPECT_EQ(attempts(client, 10), (std::vector<std::uint64_t>{5, 5, 0}));
}

TEST_F(SlotLists, OtherZonesHelpWhenTooFewAreLeft) {
    options.zone = "b";
    ServiceClient client{found, options};
    EXPECT_EQ(attempts(client, 4), (std::vector<std::uint64_t>{0, 0, 4}));
    servers[2].reset();
    const auto after = attempts(client, 10);
    EXPECT_EQ(after[0] + after[1], 10U);
}

TEST_F(SlotLists, AZoneThatNobodyIsInDoesNotCount) {
    options.zone = "nowhere";
    ServiceClient client{found, options};
    EXPECT_EQ(attempts(client, 9), (std::vector<std::uint64_t>{3, 3, 3}));
}

TEST_F(SlotLists, FiltersLeaveOthersOut) {
    options.filter.tags = {"t1"};
    ServiceClient by_tag{found, options};
    EXPECT_EQ(attempts(by_tag, 2), (std::vector<std::uint64_t>{0, 2, 0}));
    options.filter = {.version = "2.0"};
    ServiceClient by_version{found, options};
    EXPECT_EQ(attempts(by_version, 4), (std::vector<std::uint64_t>{0, 2, 2}));
    options.filter = {.meta = {{"shard", "0"}}};
    ServiceClient by_meta{found, options};
    EXPECT_EQ(attempts(by_meta, 2), (std::vector<std::uint64_t>{2, 0, 0}));
    options.filter = {.accept = [](const registry::Instance& each) -> bool {
        if (each.zone == "b") throw std::runtime_error{"not this one"};
        return each.version == "1.0";
    }};
    ServiceClient by_test{found, options};
    EXPECT_EQ(attempts(by_test, 2), (std::vector<std::uint64_t>{2, 0, 0}));
}

// Its successor at the same place had to wait for a probe.
TEST_F(SlotLists, AProcessThatHasStartedAnewDoesNotSufferForTheOneBefore) {
    instances[0].incarnation = "one";
    found.update(instances);
    ServiceClient client{found, options};
    servers[0]->kill();
    EXPECT_TRUE(eventually([&] {
        (void)client.call(contract::add(1, 2));
        return client.state()[0].avoided_until || client.state()[1].avoided_until ||
               client.state()[2].avoided_until;
    }));
    instances[0].incarnation = "two";
    found.update(instances);
    EXPECT_TRUE(eventually([&] {
        for (const InstanceState& state : client.state()) {
            if (state.instance.id == instances[0].id)
                return state.instance.incarnation == "two" && state.attempts == 0 &&
                       !state.avoided_until;
        }
        return false;
    }));
}

TEST_F(SlotLists, OneThatWasStaleAndIsHeardFromIsNotAvoidedAnyLonger) {
    instances[0].stale = true;
    instances[1].stale = true;
    found.update(std::vector{instances[0], instances[1]});
    options.avoid = {.min = 1h, .max = 1h};
    ServiceClient client{found, options};
    servers[0]->kill();
    const auto is_avoided = [&](bool so) {
        for (const InstanceState& state : client.state()) {
            if (state.instance.id == instances[0].id) return state.avoided_until.has_value() == so;
        }
        return false;
    };
    EXPECT_TRUE(eventually([&] {
        (void)client.call(contract::add(1, 2));
        return is_avoided(true);
    }));
    instances[0].stale = false;
    found.update(std::vector{instances[0], instances[1]});
    EXPECT_TRUE(eventually([&] { return is_avoided(false); }));
}

TEST_F(SlotLists, SayThatAFilterLeavesNobody) {
    options.filter.version = "3.0";
    ServiceClient client{found, options};
    const auto none = client.call(contract::add(1, 2).within(20ms));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    EXPECT_THAT(none.error().message(), HasSubstr("filter"));
}

// Fault F10: between the servers and the registry nothing gets through, between them and the client
// everything does.
class F10ServersCutOffFromTheRegistry : public SlotLists {
protected:
    F10ServersCutOffFromTheRegistry() {
        registry->set_watchable(true);
        registry->list(instances, "e.1");
    }

    void lists(std::vector<registry::Instance> those, const std::string& index) {
        registry->list(std::move(those), index);
        ASSERT_TRUE(eventually([&] { return listed.status().index == index; }));
    }

    std::size_t connected(ServiceClient& client) {
        std::size_t ready = 0;
        for (const InstanceState& state : client.state())
            ready += state.connection == rpc::ClientState::ready ? 1U : 0U;
        return ready;
    }

    std::shared_ptr<FakeRegistry> registry = std::make_shared<FakeRegistry>();
    RegistryDiscovery listed{
        std::make_unique<FakeSource>(registry),
        "the fake registry",
        "calculator",
        {.refresh = 20ms, .log = Log::none()}};
};

TEST_F(F10ServersCutOffFromTheRegistry, AreCalledOnOverTheirConnections) {
    ServiceClient client{listed, options};
    ASSERT_EQ(attempts(client, 6), (std::vector<std::uint64_t>{2, 2, 2}));
    lists({}, "e.2");
    for (int i = 0; i < 30; ++i)
        ASSERT_TRUE(client.call(contract::add_once(1, 2)));
    lists({}, "e.3");
    ASSERT_TRUE(client.call(contract::add_once(1, 2))) << "and an empty list once more";
    EXPECT_EQ(client.state().size(), 3U);
    lists({instances[0]}, "e.4");
    EXPECT_TRUE(eventually([&] { return client.state().size() == 1; }))
        << "a list with somebody on it counts";
}

TEST_F(F10ServersCutOffFromTheRegistry, ThatHaveSaidGoodbyeAreNotCalledOn) {
    ServiceClient client{listed, options};
    ASSERT_EQ(attempts(client, 6), (std::vector<std::uint64_t>{2, 2, 2}));
    servers[0].reset();
    ASSERT_TRUE(eventually([&] { return connected(client) == 2; }));
    auto drains = instances[1];
    drains.status = registry::Status::draining;
    // The first has left, the second drains, the third has vanished.
    lists({drains}, "e.2");
    EXPECT_TRUE(eventually([&] { return client.state().size() == 1; }));
    EXPECT_EQ(client.state()[0].instance.id, instances[2].id);
}

TEST_F(F10ServersCutOffFromTheRegistry, AListGivenByHandIsMeantAsItIs) {
    ServiceClient client{found, options};
    ASSERT_EQ(attempts(client, 6), (std::vector<std::uint64_t>{2, 2, 2}));
    found.update(InstanceList{});
    EXPECT_TRUE(client.state().empty());
}

}  // namespace
}  // namespace rollcall::discovery
