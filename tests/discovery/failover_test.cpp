// Where a call goes when the first instance fails it, and when it must not go anywhere.
#include "discovery/service_fixture.h"
#include "support/call_load.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using ::testing::HasSubstr;
using namespace tests;

using Manner = SilentServer::Manner;

TEST(Failover, LeavesAnInstanceThatRefuses) {
    ContractServer good;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ServiceClient client{InMemoryDiscovery{{dead, good.endpoint()}}, prefer(dead)};
    // Not idempotent: what was not sent may go anywhere.
    EXPECT_EQ(client.call(contract::add_once(1, 2)).value(), 3);
    const auto states = client.state();
    ASSERT_EQ(states.size(), 2U);
    for (const InstanceState& state : states) {
        const bool is_dead = state.instance.endpoint() == dead;
        EXPECT_EQ(state.attempts, 1U);
        EXPECT_EQ(state.failures, is_dead ? 1U : 0U);
        EXPECT_EQ(state.avoided_until.has_value(), is_dead);
        EXPECT_EQ(state.last_error.has_value(), is_dead);
        EXPECT_EQ(state.in_flight, 0U);
    }
}

TEST(Failover, AvoidsAnInstanceThatFailed) {
    ContractServer good;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    auto options = prefer(dead);
    options.avoid.min = 1h;
    options.avoid.max = 1h;
    ServiceClient client{InMemoryDiscovery{{dead, good.endpoint()}}, options};
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(client.call(contract::add_once(1, 2)));
    for (const InstanceState& state : client.state()) {
        EXPECT_EQ(state.attempts, state.instance.endpoint() == dead ? 1U : 20U);
    }
}

TEST(Failover, TriesAllWhenAllAreAvoided) {
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    auto options = prefer(dead);
    options.avoid.min = 1h;
    options.avoid.max = 1h;
    ServiceClient client{InMemoryDiscovery{{dead}}, options};
    const auto failed =
        client.async_call(contract::add_once(1, 2).within(50ms), asio::use_future).get();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().sent(), Sent::not_sent);
    ASSERT_TRUE(client.state()[0].avoided_until);
    refusing.release();
    // Back on the same port: it is called although it is avoided, and is well again.
    ContractServer back{dead.to_string()};
    EXPECT_EQ(client.call(contract::add_once(1, 2)).value(), 3);
    EXPECT_FALSE(client.state()[0].avoided_until);
}

TEST(Failover, NeverRepeatsWhatMayHaveBeenExecuted) {
    ContractServer good;
    SilentServer breaks{Manner::closes_after_reading};
    ServiceClient client{
        InMemoryDiscovery{{breaks.endpoint(), good.endpoint()}}, prefer(breaks.endpoint())};
    const auto lost = client.call(contract::add_once(1, 2));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), Errc::connection_lost);
    EXPECT_EQ(lost.error().sent(), Sent::maybe_sent);
    EXPECT_EQ(lost.error().method(), "add_once");
    EXPECT_EQ(lost.error().endpoint(), breaks.endpoint().to_string());
    EXPECT_EQ(good.calls, 0);
}

TEST(Failover, RepeatsIdempotentCallsElsewhere) {
    ContractServer good;
    SilentServer breaks{Manner::closes_after_reading};
    ServiceClient client{
        InMemoryDiscovery{{breaks.endpoint(), good.endpoint()}}, prefer(breaks.endpoint())};
    EXPECT_EQ(client.call(contract::add(1, 2)).value(), 3);
    EXPECT_GE(breaks.accepted, 1);
    EXPECT_EQ(good.calls, 1);
}

TEST(Failover, GivesAnIdempotentCallToAtMostMaxAttemptsInstances) {
    SilentServer one{Manner::closes_after_reading};
    SilentServer two{Manner::closes_after_reading};
    SilentServer three{Manner::closes_after_reading};
    for (const unsigned most : {1U, 2U, 3U}) {
        ServiceClientOptions options;
        options.max_attempts = most;
        // Plain peers are not redialled without a hello, which would be one connection more.
        options.client.hello = false;
        ServiceClient client{
            InMemoryDiscovery{{one.endpoint(), two.endpoint(), three.endpoint()}}, options};
        const int before = one.accepted + two.accepted + three.accepted;
        const auto lost = client.call(contract::add(1, 2));
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().sent(), Sent::maybe_sent);
        EXPECT_EQ(one.accepted + two.accepted + three.accepted - before, int(most));
    }
}

TEST(Failover, AStoppedServerCostsOneAttempt) {
    ContractServer good;
    SilentServer stopped;
    auto options = prefer(stopped.endpoint());
    options.attempt_timeout = 100ms;
    options.avoid.min = 1h;
    options.avoid.max = 1h;
    ServiceClient client{InMemoryDiscovery{{stopped.endpoint(), good.endpoint()}}, options};
    const TimePoint start = SteadyClock::now();
    EXPECT_EQ(client.call(contract::add(1, 2)).value(), 3);
    EXPECT_GE(SteadyClock::now() - start, 100ms);
    EXPECT_EQ(client.call(contract::add_once(1, 2)).value(), 3) << "it is avoided now";
    EXPECT_EQ(good.calls, 2);
}

TEST(Failover, AnAttemptTakesHalfOfTheTimeUnlessToldOtherwise) {
    ContractServer good;
    SilentServer stopped;
    ServiceClient client{
        InMemoryDiscovery{{stopped.endpoint(), good.endpoint()}}, prefer(stopped.endpoint())};
    const TimePoint start = SteadyClock::now();
    EXPECT_EQ(client.call(contract::add(1, 2).within(3s)).value(), 3);
    EXPECT_GE(SteadyClock::now() - start, 1500ms);
}

TEST(Failover, ACallThatIsNotIdempotentHasOneDeadlineAndNoOther) {
    ContractServer good;
    SilentServer stopped;
    auto options = prefer(stopped.endpoint());
    options.call_timeout = 200ms;
    options.attempt_timeout = 10ms;
    options.avoid.min = 1h;
    options.avoid.max = 1h;
    ServiceClient client{InMemoryDiscovery{{stopped.endpoint(), good.endpoint()}}, options};
    const TimePoint start = SteadyClock::now();
    const auto late = client.call(contract::add_once(1, 2));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_EQ(late.error().sent(), Sent::maybe_sent);
    EXPECT_GE(SteadyClock::now() - start, 200ms);
    EXPECT_EQ(good.calls, 0);
    // The blocking caller does not wait for an I/O thread that is late with the news.
    ASSERT_TRUE(eventually([&] {
        const auto states = client.state();
        return states[0].avoided_until || states[1].avoided_until;
    }));
    EXPECT_EQ(client.call(contract::add_once(1, 2)).value(), 3) << "the next goes elsewhere";
}

// A plain server's OVERLOADED are its handler's words, which say nothing about what it has done.
TEST(Failover, AnOverloadedPlainServerIsNotAskedTwiceWhatMayNotBeRepeated) {
    std::atomic<int> executed{0};
    std::array<rpc::Server, 2> servers;
    std::vector<Endpoint> endpoints;
    for (rpc::Server& server : servers) {
        server.handle("add_once", [&executed](int, int) -> Result<int> {
            ++executed;
            return Error{Errc::overloaded, "the queue behind me is full"};
        });
        server.start();
        endpoints.push_back(server.endpoint());
    }
    ServiceClientOptions options;
    options.client.hello = false;
    ServiceClient client{InMemoryDiscovery{endpoints}, options};
    const auto refused = client.call(contract::add_once(1, 2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(refused.error().sent(), Sent::maybe_sent);
    EXPECT_EQ(executed, 1);
}

TEST(Failover, RepeatsAfterTimeOutsOnlyWithinItsBudget) {
    SilentServer one;
    SilentServer two;
    auto options = prefer(one.endpoint());
    options.attempt_timeout = 100ms;
    options.retry_burst = 0;
    options.retry_ratio = 0;
    ServiceClient client{InMemoryDiscovery{{one.endpoint(), two.endpoint()}}, options};
    // Connected first: an attempt that could not even be sent would go elsewhere.
    ASSERT_TRUE(client.wait_ready(Deadline::in(10s)));
    const auto late = client.call(contract::add(1, 2));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_EQ(two.accepted, 0);
}

TEST(Failover, CountsWhatItDid) {
    RefusingEndpoint refusing;
    ContractServer good;
    const Endpoint dead = refusing.endpoint();
    InMemoryDiscovery found{InMemoryDiscovery::without_list()};
    auto options = prefer(dead);
    options.avoid = {.min = 1h, .max = 1h};
    ServiceClient client{found, options};
    auto waiting = client.async_call(contract::add(1, 2).within(20s), asio::use_future);
    EXPECT_TRUE(eventually([&] { return client.counters().waits >= 1; }));
    found.update({dead, good.endpoint()});
    ASSERT_TRUE(waiting.get());
    ASSERT_TRUE(client.call(contract::add(1, 2)));
    client.notify(contract::note(1));
    EXPECT_TRUE(client.broadcast(contract::add(1, 2)).error() == std::nullopt);
    const ServiceCounters counters = client.counters();
    EXPECT_EQ(counters.calls, 4U);
    EXPECT_EQ(counters.attempts, 2U + 1U + 1U + 2U);
    EXPECT_EQ(counters.repeats, 1U);
    EXPECT_EQ(counters.hedges, 0U);
    EXPECT_EQ(counters.unrepeated, 0U);
}

TEST(Failover, NeverRepeatsAnAnswer) {
    ContractServer one;
    ContractServer two;
    ServiceClient client{InMemoryDiscovery{{one.endpoint(), two.endpoint()}}};
    const auto failed = client.call(contract::fail());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::handler_failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("it went wrong"));
    EXPECT_EQ(one.calls + two.calls, 1);
    const auto unknown = client.call(rpc::invoke<int>("no_such_method"));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), Errc::method_not_found);
    for (const InstanceState& state : client.state())
        EXPECT_FALSE(state.avoided_until);
}

TEST(Failover, SaysWhatItTriedWhenTheDeadlinePasses) {
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ServiceClient client{InMemoryDiscovery{{dead}}, prefer(dead)};
    const TimePoint start = SteadyClock::now();
    // Not blocking: a blocking caller leaves a late I/O thread with less to tell.
    const auto failed =
        client.async_call(contract::add(1, 2).within(150ms), asio::use_future).get();
    ASSERT_FALSE(failed);
    EXPECT_GE(SteadyClock::now() - start, 150ms) << "it goes on until then";
    EXPECT_EQ(failed.error().sent(), Sent::not_sent);
    EXPECT_EQ(failed.error().endpoint(), dead.to_string());
    EXPECT_THAT(failed.error().message(), HasSubstr("cannot connect"));
}

// Four threads call while the servers are killed one after the other and come back on other ports:
// as long as one lives, no idempotent call fails.
TEST(Failover, LosesNoIdempotentCallWhenServersAreKilled) {
    auto first = std::make_unique<ContractServer>();
    auto second = std::make_unique<ContractServer>();
    InMemoryDiscovery found{{first->endpoint(), second->endpoint()}};
    ServiceClient client{found};
    CallLoad load{client, contract::whoami()};
    for (int round = 0; round < 3; ++round) {
        EXPECT_TRUE(load.wait_more(50));
        first->kill();
        EXPECT_TRUE(load.wait_more(50));
        const std::string gone = first->id();
        first = std::make_unique<ContractServer>();
        found.add(first->endpoint());
        if (gone != first->id()) found.remove(gone);
        std::swap(first, second);
    }
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

// A graceful stop refuses what has not begun: it goes elsewhere, idempotent or not.
TEST(Failover, LosesNoCallWhenAServerStopsGracefully) {
    ContractServer leaving;
    ContractServer staying;
    ServiceClient client{InMemoryDiscovery{{leaving.endpoint(), staying.endpoint()}}};
    CallLoad load{client, contract::whoami_once()};
    EXPECT_TRUE(load.wait_more(50));
    leaving.server().stop(5s);
    EXPECT_TRUE(load.wait_more(50));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
}

}  // namespace
}  // namespace rollcall::discovery
