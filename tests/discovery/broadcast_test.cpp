// One call to all: every outcome, in one deadline, with the three stop rules.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <map>
#include <set>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using ::testing::HasSubstr;
using namespace tests;

constexpr BroadcastOptions kFirstError{Until::first_error};
constexpr BroadcastOptions kFirstSuccess{Until::first_success};

TEST(Broadcast, BringsTheAnswerOfEachInstance) {
    ContractServer servers[3];
    ServiceClient client{
        InMemoryDiscovery{{servers[0].endpoint(), servers[1].endpoint(), servers[2].endpoint()}}};
    std::set<std::string> names;
    for (auto& reply : client.broadcast(contract::whoami())) {
        EXPECT_EQ(reply.result.value(), reply.instance.endpoint().to_string());
        EXPECT_GT(reply.elapsed, 0ns);
        names.insert(reply.result.value());
    }
    EXPECT_EQ(names.size(), 3U);
}

// A plain struct, as each of the instances makes it.
struct Load {
    std::string instance;
    std::vector<int> of_minutes;
};

TEST(Broadcast, BringsPlainStructs) {
    constexpr rpc::Method<Load(Load)> kLoad{"load", rpc::idempotent};
    rpc::Server servers[2];
    for (rpc::Server& server : servers) {
        server.handle(kLoad, [&server](Load load) {
            load.instance = server.endpoint().to_string();
            load.of_minutes.push_back(3);
            return load;
        });
        server.start();
    }
    ServiceClient client{InMemoryDiscovery{{servers[0].endpoint(), servers[1].endpoint()}}};
    const Load sent{"", {1, 2}};
    const auto result = client.broadcast(kLoad(sent));
    EXPECT_EQ(result.succeeded(), 2U);
    for (const auto& reply : result) {
        EXPECT_EQ(reply.result.value().instance, reply.instance.endpoint().to_string());
        EXPECT_EQ(reply.result.value().of_minutes, (std::vector<int>{1, 2, 3}));
    }
    EXPECT_EQ(client.call(kLoad(sent)).value().of_minutes.size(), 3U);
}

TEST(Broadcast, ReportsTheUnreachableAndTheSilent) {
    ContractServer good;
    ContractServer other;
    SilentServer silent;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    const std::vector<Endpoint> all{good.endpoint(), other.endpoint(), silent.endpoint(), dead};
    ServiceClient client{InMemoryDiscovery{all}};
    const TimePoint start = SteadyClock::now();
    const auto result = client.broadcast(contract::add(1, 2).within(300ms));
    const Duration took = SteadyClock::now() - start;
    EXPECT_GE(took, 300ms);
    EXPECT_LT(took, 5s);
    EXPECT_FALSE(result.error());
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(result.size(), 4U);
    EXPECT_EQ(result.succeeded(), 2U);
    EXPECT_EQ(result.failed(), 2U);
    for (const auto& reply : result) {
        const Endpoint endpoint = reply.instance.endpoint();
        if (endpoint == silent.endpoint()) {
            // It has not even answered the hello, for which calls with a deadline wait.
            EXPECT_EQ(reply.result.error().code(), Errc::timed_out);
            EXPECT_EQ(reply.result.error().sent(), Sent::not_sent);
        } else if (endpoint == dead) {
            EXPECT_EQ(reply.result.error().code(), Errc::connect_failed);
            EXPECT_EQ(reply.result.error().sent(), Sent::not_sent);
            EXPECT_LT(reply.elapsed, took);
        } else {
            EXPECT_EQ(reply.result.value(), 3);
        }
        if (!reply.result) {
            EXPECT_EQ(reply.result.error().endpoint(), endpoint.to_string());
        }
    }
}

TEST(Broadcast, ReportsTheErrorsOfHandlers) {
    ContractServer one;
    ContractServer two;
    ServiceClient client{InMemoryDiscovery{{one.endpoint(), two.endpoint()}}};
    const auto result = client.broadcast(contract::fail());
    ASSERT_EQ(result.size(), 2U);
    for (const auto& reply : result)
        EXPECT_EQ(reply.result.error().code(), Errc::handler_failed);
    EXPECT_EQ(result.first_success(), nullptr);
}

TEST(Broadcast, ReportsResultsThatDoNotConvert) {
    ContractServer one;
    ServiceClient client{InMemoryDiscovery{{one.endpoint()}}};
    const auto result = client.broadcast(rpc::invoke<std::string>("add", 1, 2));
    ASSERT_EQ(result.size(), 1U);
    EXPECT_EQ(result[0].result.error().code(), Errc::invalid_result);
    EXPECT_EQ(result[0].result.error().endpoint(), one.id());
}

TEST(Broadcast, EndsWithTheFirstErrorIfAsked) {
    SilentServer silent;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), dead}}};
    const auto result = client.broadcast(contract::add(1, 2).within(1h), kFirstError);
    ASSERT_EQ(result.size(), 2U);
    for (const auto& reply : result) {
        const bool is_dead = reply.instance.endpoint() == dead;
        EXPECT_EQ(reply.result.error().code(), is_dead ? Errc::connect_failed : Errc::cancelled);
    }
}

TEST(Broadcast, WaitsForAllIfThereIsNoError) {
    ContractServer one;
    ContractServer two;
    ServiceClient client{InMemoryDiscovery{{one.endpoint(), two.endpoint()}}};
    EXPECT_TRUE(client.broadcast(contract::add(1, 2), kFirstError).ok());
}

TEST(Broadcast, EndsWithTheFirstSuccessIfAsked) {
    ContractServer good;
    SilentServer silent;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), good.endpoint(), dead}}};
    const auto result = client.broadcast(contract::add(1, 2).within(1h), kFirstSuccess);
    ASSERT_EQ(result.size(), 3U);
    ASSERT_NE(result.first_success(), nullptr);
    EXPECT_EQ(result.first_success()->instance.endpoint(), good.endpoint());
    EXPECT_EQ(result.succeeded(), 1U);
    for (const auto& reply : result) {
        if (reply.instance.endpoint() == silent.endpoint()) {
            EXPECT_EQ(reply.result.error().code(), Errc::cancelled);
        }
    }
}

TEST(Broadcast, FailsWithAllOutcomesIfNobodySucceeds) {
    const RefusingEndpoint one;
    const RefusingEndpoint two;
    const std::vector<Endpoint> dead{one.endpoint(), two.endpoint()};
    ServiceClient client{InMemoryDiscovery{dead}};
    const auto result = client.broadcast(contract::add(1, 2), kFirstSuccess);
    ASSERT_EQ(result.failed(), result.size());
    for (const auto& reply : result)
        EXPECT_EQ(reply.result.error().code(), Errc::connect_failed);
}

TEST(Broadcast, EndsWithAQuorum) {
    ContractServer good[3];
    SilentServer silent[2];
    ServiceClient client{InMemoryDiscovery{
        {good[0].endpoint(),
         good[1].endpoint(),
         good[2].endpoint(),
         silent[0].endpoint(),
         silent[1].endpoint()}}};
    BroadcastOptions options;
    options.until = Until::quorum(3);
    const TimePoint start = SteadyClock::now();
    const auto reached = client.broadcast(contract::add(1, 2).within(20s), options);
    EXPECT_LT(SteadyClock::now() - start, 10s);
    EXPECT_EQ(reached.succeeded(), 3U);
    EXPECT_EQ(reached.reduce(0, std::plus{}).value(), 9);
    options.until = Until::quorum(4);
    const auto missed = client.broadcast(contract::add(1, 2).within(100ms), options);
    EXPECT_EQ(missed.succeeded(), 3U);
}

TEST(Broadcast, EndsWhenAQuorumCannotBeReached) {
    ContractServer good;
    SilentServer silent;
    RefusingEndpoint refusing[2];
    ServiceClient client{InMemoryDiscovery{
        {good.endpoint(), silent.endpoint(), refusing[0].endpoint(), refusing[1].endpoint()}}};
    BroadcastOptions options;
    options.until = Until::quorum(3);
    const TimePoint start = SteadyClock::now();
    const auto result = client.broadcast(contract::add(1, 2).within(20s), options);
    EXPECT_LT(SteadyClock::now() - start, 10s) << "of four two have failed: three are impossible";
    EXPECT_LE(result.succeeded(), 1U);
    EXPECT_EQ(result.size(), 4U);
}

TEST(Broadcast, StopRulesCount) {
    EXPECT_FALSE(Until::all.is_met(3, 2, 1));
    EXPECT_TRUE(Until::first_error.is_met(3, 2, 1));
    EXPECT_FALSE(Until::first_success.is_met(3, 0, 2));
    EXPECT_TRUE(Until::first_success.is_met(3, 1, 0));
    EXPECT_FALSE(Until::quorum(2).is_met(3, 1, 1));
    EXPECT_TRUE(Until::quorum(2).is_met(3, 2, 0));
    EXPECT_TRUE(Until::quorum(2).is_met(3, 0, 2));
    EXPECT_TRUE(Until::quorum(4).is_met(3, 0, 0)) << "nobody can tell so many";
    EXPECT_TRUE(Until::quorum(0).is_met(3, 1, 0)) << "one at least";
}

TEST(Broadcast, SaysThatThereIsNobody) {
    ServiceClient client{InMemoryDiscovery{}};
    const auto result = client.broadcast(contract::add(1, 2).within(30ms));
    ASSERT_TRUE(result.error());
    EXPECT_EQ(result.error()->code(), Errc::no_instances);
    EXPECT_EQ(result.error()->method(), "add");
    EXPECT_THAT(result.error()->message(), HasSubstr("is empty"));
    EXPECT_TRUE(result.empty());
    EXPECT_FALSE(result.ok()) << "nobody is not everybody";
}

TEST(Broadcast, WaitsForTheFirstInstance) {
    ContractServer server;
    InMemoryDiscovery found = InMemoryDiscovery::without_list();
    ServiceClient client{found};
    auto result = client.async_broadcast(contract::add(1, 2), BroadcastOptions(), asio::use_future);
    EXPECT_EQ(result.wait_for(10ms), std::future_status::timeout);
    found.add(server.endpoint());
    EXPECT_TRUE(result.get().ok());
}

TEST(Broadcast, IsCancelled) {
    const rpc::IoThreads threads{1};  // outlive the client, which completes its calls there
    ContractServer good;
    SilentServer silent;
    ServiceClient client{InMemoryDiscovery{{good.endpoint(), silent.endpoint()}}};
    asio::cancellation_signal signal;
    std::promise<BroadcastResult<int>> ended;
    asio::post(threads.executor(), [&] {
        client.async_broadcast(
            contract::add(1, 2).within(1h),
            BroadcastOptions(),
            asio::bind_cancellation_slot(
                signal.slot(),
                [&](BroadcastResult<int> result) { ended.set_value(std::move(result)); }
            )
        );
    });
    ASSERT_TRUE(eventually([&] { return silent.accepted > 0 && good.calls > 0; }));
    run_on(threads, [&] { signal.emit(asio::cancellation_type::terminal); });
    const auto result = ended.get_future().get();
    ASSERT_EQ(result.size(), 2U);
    for (const auto& reply : result) {
        if (reply.instance.endpoint() == silent.endpoint()) {
            EXPECT_EQ(reply.result.error().code(), Errc::cancelled);
        }
    }
}

TEST(Broadcast, EndsWithTheClient) {
    SilentServer silent;
    std::future<BroadcastResult<int>> result;
    {
        ServiceClient client{InMemoryDiscovery{{silent.endpoint()}}};
        result = client.async_broadcast(
            contract::add(1, 2).within(1h), BroadcastOptions(), asio::use_future
        );
        ASSERT_TRUE(eventually([&] { return silent.accepted > 0; }));
    }
    const auto ended = result.get();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].result.error().code(), Errc::shutting_down);
}

// Fifty instances, of which five refuse, five are silent and five fail.
TEST(Broadcast, BringsFiftyOutcomesInOneDeadline) {
    std::vector<std::unique_ptr<ContractServer>> good;
    std::vector<std::unique_ptr<SilentServer>> silent;
    std::vector<Endpoint> all;
    std::map<Endpoint, std::string> expected;
    const auto add = [&](const Endpoint& endpoint, const std::string& outcome) {
        all.push_back(endpoint);
        expected[endpoint] = outcome;
    };
    rpc::Server failing[5];
    for (rpc::Server& server : failing) {
        server.handle("add", [](int, int) -> int { throw std::runtime_error{"no"}; });
        server.start();
        add(server.endpoint(), "handler_failed");
    }
    for (int i = 0; i < 35; ++i) {
        good.push_back(std::make_unique<ContractServer>());
        add(good.back()->endpoint(), "3");
    }
    for (int i = 0; i < 5; ++i) {
        silent.push_back(std::make_unique<SilentServer>());
        add(silent.back()->endpoint(), "timed_out");
    }
    const RefusingEndpoint refusing[5];
    for (const RefusingEndpoint& each : refusing)
        add(each.endpoint(), "connect_failed");
    ServiceClient client{InMemoryDiscovery{all}};
    const TimePoint start = SteadyClock::now();
    const auto result = client.broadcast(contract::add(1, 2).within(1s));
    EXPECT_GE(SteadyClock::now() - start, 1s);
    EXPECT_EQ(result.size(), 50U);
    for (const auto& reply : result) {
        const std::string outcome = reply.result
                                        ? std::to_string(*reply.result)
                                        : std::string{name_of(reply.result.error().code())};
        EXPECT_EQ(outcome, expected[reply.instance.endpoint()]);
    }
}

}  // namespace
}  // namespace rollcall::discovery
