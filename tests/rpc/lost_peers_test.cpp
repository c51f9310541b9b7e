// Peers that are gone without a word are found by asking them for a sign of life.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "extended_peer.h"
#include "guests.h"
#include "scripted_connection.h"
#include "server_harness.h"
#include "support/process.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <optional>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::RawListener;
using rollcall::tests::ScriptedConnection;

ClientOptions watchful() {
    ClientOptions options;
    options.keepalive_interval = 50ms;
    options.keepalive_timeout = 50ms;
    return options;
}

// A test that a test starts as a process of its own, to be stopped: it says where it listens.
TEST(LostPeers, DISABLED_ServerToBeStopped) {
    TestServer server;
    std::printf("listening on %s\n", server.endpoint().to_string().c_str());
    std::fflush(stdout);
    (void)eventually([] { return false; }, 60s);
}

TEST(LostPeers, AServerProcessThatIsStoppedIsFoundAndItsCallsEnd) {
    rollcall::tests::Process process{
        {"/proc/self/exe",
         "--gtest_also_run_disabled_tests",
         "--gtest_filter=LostPeers.DISABLED_ServerToBeStopped"}};
    const std::string line = process.wait_line("listening on ");
    ClientOptions options = watchful();
    options.keepalive_interval = options.keepalive_timeout = 300ms;
    Client client{line.substr(line.find("listening on ") + 13), options};
    const auto is_served = [&] {
        const auto sum = client.call(invoke<int>("add", 1, 2).within(5s));
        return sum && *sum == 3;
    };
    ASSERT_TRUE(eventually(is_served));
    auto held = client.async_call(
        invoke<std::size_t>("hold", std::string{"x"}).within(60s), asio::use_future
    );
    process.signal(SIGSTOP);
    const auto ended = held.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::connection_lost) << ended.error().message();
    EXPECT_EQ(ended.error().sent(), Sent::maybe_sent);
    process.signal(SIGCONT);
    EXPECT_TRUE(eventually(is_served));
}

TEST(LostPeers, AServerThatAnswersNothingAfterTheHelloIsGivenUp) {
    RawListener listener;
    Client client{listener.endpoint(), watchful()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    ASSERT_EQ(server.next()->method, "add");
    EXPECT_EQ(server.next()->method, "$/ping");
    const auto ended = call.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::connection_lost) << ended.error().message();
    EXPECT_EQ(ended.error().sent(), Sent::maybe_sent);
}

// However long the call takes.
TEST(LostPeers, AServerThatAnswersPingsIsWaitedFor) {
    RawListener listener;
    ClientOptions options = watchful();
    options.keepalive_timeout = 20s;
    Client client{listener.endpoint(), options};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    const auto request = server.next();
    ASSERT_EQ(request->method, "add");
    for (int i = 0; i < 5; ++i) {
        const auto ping = server.next();
        ASSERT_TRUE(ping);
        ASSERT_EQ(ping->method, "$/ping");
        ASSERT_TRUE(server.reply(ping->id, 0));
    }
    ASSERT_TRUE(server.reply(request->id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

TEST(LostPeers, IntervalZeroAsksNothing) {
    RawListener listener;
    ClientOptions options = watchful();
    options.keepalive_interval = 0s;
    Client client{listener.endpoint(), options};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    const auto request = server.next();
    ASSERT_EQ(request->method, "add");
    EXPECT_FALSE(server.next(300ms));
    ASSERT_TRUE(server.reply(request->id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

TEST(LostPeers, AClientDoesNotPingAPlainServer) {
    RawListener listener;
    Client client{listener.endpoint(), watchful()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.refuse_hello();
    const auto request = server.next();
    ASSERT_EQ(request->method, "add");
    EXPECT_FALSE(server.next(300ms));
    ASSERT_TRUE(server.reply(request->id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

class WatchfulServer : public testing::Test {
protected:
    void serve(Duration interval = 50ms, Duration timeout = 50ms) {
        ServerOptions options;
        options.keepalive_interval = interval;
        options.keepalive_timeout = timeout;
        server.emplace(options);
        guests.attach(*server);
        server->handle("hold", [this]() -> asio::awaitable<int> {
            co_await gate.pass();
            co_return 1;
        });
        server->start();
    }

    Gate gate;
    Guests guests;
    std::optional<Server> server;
};

TEST_F(WatchfulServer, FindsAClientThatHasVanished) {
    serve();
    RawPeer vanished{server->endpoint()};
    ASSERT_TRUE(vanished.send(full_hello(1)));
    ASSERT_TRUE(eventually([&] { return guests.reasons().size() == 1; }));
    EXPECT_NE(guests.reasons()[0].find("no sign of life"), std::string::npos)
        << guests.reasons()[0];
    EXPECT_TRUE(guests.here().empty());
    EXPECT_EQ(server->stats().lost_peers, 1U);
}

TEST_F(WatchfulServer, KeepsAClientThatAnswersPings) {
    serve(20ms, 20s);
    RawPeer peer{server->endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1)));
    ASSERT_EQ(receive_answers(peer, 1).size(), 1U);
    for (int i = 0; i < 5; ++i) {
        const auto pings = receive_answers(peer, 1);
        ASSERT_EQ(pings.size(), 1U);
        ASSERT_EQ(pings[0].type, codec::MessageType::request);
        ASSERT_EQ(pings[0].method, kPingMethod);
        ASSERT_TRUE(peer.send(result(pings[0].id, 0)));
    }
    EXPECT_EQ(guests.here().size(), 1U);
    EXPECT_EQ(server->stats().lost_peers, 0U);
}

TEST_F(WatchfulServer, KeepsARollcallClientThatIsIdle) {
    serve(20ms, 20s);
    Client client{server->endpoint()};
    client.keep_connected();
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const TimePoint start = SteadyClock::now();
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() - start > 200ms; }));
    EXPECT_EQ(guests.here().size(), 1U);
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST_F(WatchfulServer, APlainPeerIsNeverPinged) {
    serve();
    RawPeer plain{server->endpoint()};
    ASSERT_TRUE(plain.send(request(1, "hold")));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    EXPECT_EQ(plain.receive(65536, 300ms), "");
    EXPECT_FALSE(plain.at_end());
    gate.open();
    const auto answers = receive_answers(plain, 1);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].id, 1U);
    EXPECT_EQ(server->stats().lost_peers, 0U);
}

TEST_F(WatchfulServer, IntervalZeroAsksNothing) {
    serve(0ms);
    RawPeer silent{server->endpoint()};
    ASSERT_TRUE(silent.send(full_hello(1)));
    ASSERT_EQ(receive_answers(silent, 1).size(), 1U);
    EXPECT_EQ(silent.receive(65536, 300ms), "");
    EXPECT_FALSE(silent.at_end());
    EXPECT_EQ(guests.here().size(), 1U);
}

// The connection is full of work: the answer comes all the same.
TEST(LostPeers, APingIsAnsweredWhileRequestsWait) {
    ServerOptions options;
    options.max_in_flight = 2;
    TestServer server{options};
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1)));
    ASSERT_EQ(receive_answers(peer, 1).size(), 1U);
    ASSERT_TRUE(peer.send(request(2, "hold", "x") + request(3, kPingMethod)));
    const auto pong = receive_answers(peer, 1);
    ASSERT_EQ(pong.size(), 1U);
    EXPECT_EQ(pong[0].id, 3U);
    EXPECT_EQ(pong[0].error, "");
    server.gate.open();
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 2U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
