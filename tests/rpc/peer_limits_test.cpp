// How much may be under way between a server and a client that it calls.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "guests.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

TEST(PeerLimits, CallsInFlightToOnePeer) {
    ServerOptions options;
    options.max_in_flight = 2;
    Guests guests;
    Server server{options};
    guests.attach(server);
    server.start();
    Gate gate;
    Client client{server.endpoint()};
    client.handle("hold", [&]() -> asio::awaitable<int> {
        co_await gate.pass();
        co_return 1;
    });
    client.keep_connected();
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const Peer peer = guests.here()[0];
    auto one = peer.async_call(invoke<int>("hold").within(60s), asio::use_future);
    auto two = peer.async_call(invoke<int>("hold").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    const auto three = peer.call(invoke<int>("hold"));
    ASSERT_FALSE(three);
    EXPECT_EQ(three.error().code(), Errc::overloaded);
    EXPECT_EQ(three.error().sent(), Sent::not_sent);
    gate.open();
    EXPECT_EQ(one.get().value(), 1);
    EXPECT_EQ(two.get().value(), 1);
    EXPECT_EQ(peer.call(invoke<int>("hold")).value(), 1);
}

TEST(PeerLimits, RequestsThatAClientWorksOn) {
    Guests guests;
    Server server;
    guests.attach(server);
    server.start();
    Gate gate;
    ClientOptions options;
    options.max_in_flight = 2;
    Client client{server.endpoint(), options};
    client.handle("hold", [&]() -> asio::awaitable<int> {
        co_await gate.pass();
        co_return 1;
    });
    client.keep_connected();
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const Peer peer = guests.here()[0];
    auto one = peer.async_call(invoke<int>("hold").within(60s), asio::use_future);
    auto two = peer.async_call(invoke<int>("hold").within(60s), asio::use_future);
    const auto three = peer.call(invoke<int>("hold"));
    ASSERT_FALSE(three);
    EXPECT_EQ(three.error().code(), Errc::overloaded);
    gate.open();
    EXPECT_EQ(one.get().value(), 1);
    EXPECT_EQ(two.get().value(), 1);
}

// What waits for a peer that does not read has a limit, and the server goes on.
TEST(PeerLimits, NotificationsToAPeerThatDoesNotReadAreDropped) {
    ServerOptions options;
    options.write_queue_high = 100000;
    Guests guests;
    Server server{options};
    guests.attach(server);
    server.handle("one", [] { return 1; });
    server.start();
    RawPeer silent{server.endpoint()};
    silent.set_receive_buffer(4096);
    ASSERT_TRUE(silent.send(request(1, "one")));
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const Peer peer = guests.here()[0];
    const auto news = invoke<void>("news", std::string(50000, 'x'));
    ASSERT_TRUE(eventually([&] {
        peer.notify(news);
        return server.stats().dropped_notifications > 100;
    }));
    EXPECT_TRUE(peer.is_connected());
    const auto call = peer.call(invoke<int>("one"));
    EXPECT_EQ(call.error().code(), Errc::overloaded);
    Client bystander{server.endpoint()};
    EXPECT_EQ(bystander.call(invoke<int>("one")).value(), 1);
}

// All requests of the peer wait for answers of the peer: it is heard although it asks too much.
TEST(PeerLimits, AConnectionFullOfQuestionsStillHearsTheAnswers) {
    ServerOptions options;
    options.max_in_flight = 4;
    Server server{options};
    server.handle("ask_back", [](Context& context, int n) -> asio::awaitable<Result<int>> {
        const Peer peer = context.peer();
        co_return co_await peer.async_call(invoke<int>("twice", n));
    });
    server.start();
    ClientOptions patient;
    patient.max_in_flight = 64;
    Client client{server.endpoint(), patient};
    client.handle("twice", [](int n) { return 2 * n; });
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 64; ++i) {
        auto call = invoke<int>("ask_back", i).within(20s);
        calls.push_back(client.async_call(std::move(call), asio::use_future));
    }
    int answered = 0;
    for (int i = 0; i < 64; ++i) {
        const Result<int> doubled = calls[static_cast<std::size_t>(i)].get();
        if (!doubled) {
            EXPECT_EQ(doubled.error().code(), Errc::overloaded) << doubled.error().to_string();
            continue;
        }
        EXPECT_EQ(*doubled, 2 * i);
        ++answered;
    }
    EXPECT_GE(answered, 4);
}

}  // namespace
}  // namespace rollcall::rpc::tests
