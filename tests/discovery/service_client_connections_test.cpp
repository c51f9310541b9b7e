// The connections of a service client: when they are made, how many, and when they end.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <set>
#include <string>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

TEST(ServiceClient, ClosesTheConnectionsOfVanishedInstances) {
    ContractServer one;
    ContractServer two;
    InMemoryDiscovery found{{one.endpoint(), two.endpoint()}};
    ServiceClient client{found};
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    EXPECT_EQ(one.server().stats().connections, 1U);
    found.remove(one.id());
    EXPECT_TRUE(eventually([&] { return one.server().stats().connections == 0; }));
    EXPECT_EQ(two.server().stats().connections, 1U);
    EXPECT_EQ(client.state().size(), 1U);
}

TEST(ServiceClient, LetsTheCallsOfAVanishedInstanceEnd) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    rpc::Server server;
    std::atomic<bool> running{false};
    server.handle(
        "slow",
        [&, released] {
            running = true;
            released.wait();
            return 7;
        },
        {.run = rpc::RunOn::pool}
    );
    server.start();
    InMemoryDiscovery found{{server.endpoint()}};
    ServiceClient client{found};
    auto slow = client.async_call(rpc::invoke<int>("slow"), asio::use_future);
    ASSERT_TRUE(eventually([&] { return running.load(); }));
    found.update({});
    EXPECT_EQ(server.stats().connections, 1U);
    release.set_value();
    EXPECT_EQ(slow.get().value(), 7);
    EXPECT_TRUE(eventually([&] { return server.stats().connections == 0; }));
}

TEST(ServiceClient, KeepsTheConnectionsOfThoseWhoStay) {
    ContractServer one;
    InMemoryDiscovery found{{one.endpoint()}};
    ServiceClient client{found};
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(client.call(contract::add(1, 2)));
        found.update({one.endpoint()});
    }
    EXPECT_EQ(one.server().stats().accepted, 1U);
}

TEST(ServiceClient, SpreadsItsCallsOverSeveralConnections) {
    ContractServer one;
    ServiceClient client{InMemoryDiscovery{{one.endpoint()}}, {.connections = 3}};
    for (int i = 0; i < 9; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    EXPECT_EQ(one.server().stats().accepted, 3U);
    EXPECT_EQ(client.state()[0].connection, rpc::ClientState::ready);
    client.stop();
    EXPECT_TRUE(eventually([&] { return one.server().stats().connections == 0; }));
}

// What a completion asks for goes out together, and so do the replies.
TEST(ServiceClient, KeepsTheCallsOfATurnOnOneConnection) {
    rpc::Server server;
    server.handle("who", [](const rpc::Context& context) { return context.identity().address(); });
    server.start();
    constexpr std::size_t kConnections = 4;
    constexpr std::size_t kCalls = 8;
    const rpc::IoThreads io{1};
    ServiceClientOptions options{.connections = kConnections};
    options.client.io = io;
    ServiceClient client{InMemoryDiscovery{{server.endpoint()}}, options};
    // All of them exist: a turn begins with what a connection reads.
    for (std::size_t i = 0; i < kConnections; ++i)
        ASSERT_TRUE(client.call(rpc::invoke<std::string>("who")));
    std::set<std::string> all;
    for (std::size_t i = 0; i < 4 * kConnections; ++i) {
        std::promise<std::set<std::string>> ended;
        std::set<std::string> used;
        std::size_t left = kCalls;
        client.async_call(rpc::invoke<std::string>("who"), [&](const Result<std::string>&) {
            for (std::size_t call = 0; call < kCalls; ++call) {
                client.async_call(rpc::invoke<std::string>("who"), [&](Result<std::string> who) {
                    used.insert(who.value());
                    if (--left == 0) ended.set_value(used);
                });
            }
        });
        const auto addresses = ended.get_future().get();
        EXPECT_EQ(addresses.size(), 1U);
        all.insert(addresses.begin(), addresses.end());
    }
    EXPECT_EQ(all.size(), kConnections) << "in the long run all of them are used";
}

TEST(ServiceClient, CancelsACallOnTheConnectionThatItIsOn) {
    SilentServer silent;
    ServiceClient client{InMemoryDiscovery{{silent.endpoint()}}, {.connections = 3}};
    std::vector<asio::cancellation_signal> signals(5);
    std::vector<std::promise<Errc>> ends(signals.size());
    for (std::size_t i = 0; i < signals.size(); ++i) {
        const auto on_end = [&end = ends[i]](const Result<int>& result) {
            end.set_value(result.error().code());
        };
        client.async_call(
            contract::add(1, 2).within(60s), asio::bind_cancellation_slot(signals[i].slot(), on_end)
        );
    }
    ASSERT_TRUE(eventually([&] { return silent.accepted == 3; }));
    for (std::size_t i = 0; i < signals.size(); ++i) {
        signals[i].emit(asio::cancellation_type::terminal);
        EXPECT_EQ(ends[i].get_future().get(), Errc::cancelled) << i;
    }
}

// The time to connect, and a second for the probe, were together before the beginning of time.
TEST(ServiceClient, BringsAnInstanceBackHoweverLongItMayTakeToConnect) {
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ContractServer good;
    auto options = prefer(dead);
    options.call_timeout = Duration::max();
    options.attempt_timeout = Duration::max();
    options.avoid = {.min = 1ms, .max = 10ms};
    options.hedge.after = Duration::max();
    options.client.connect_timeout = Duration::max();
    ServiceClient client{InMemoryDiscovery{{dead, good.endpoint()}}, options};
    ASSERT_TRUE(client.call(contract::add(1, 2)));
    ASSERT_TRUE(state_of(client, dead).avoided_until);
    refusing.release();
    const ContractServer back{dead.to_string()};
    EXPECT_TRUE(eventually([&] { return !state_of(client, dead).avoided_until; }));
}

}  // namespace
}  // namespace rollcall::discovery
