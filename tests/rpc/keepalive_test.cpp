// Peers that are gone without a word are found, and nobody else is asked for signs of life.

#include "keepalive.h"

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "guests.h"
#include "scripted_connection.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::RawListener;
using rollcall::tests::ScriptedConnection;
using Step = Keepalive::Step;

class KeepaliveTime : public testing::Test {
protected:
    // At `at` after the start, with something heard last at `heard`.
    [[nodiscard]] Step look(Duration at, Duration heard, bool waits = true) {
        return keepalive.look(waits, start + heard, start + at, [this] { return unread; });
    }

    const TimePoint start = SteadyClock::now();
    std::size_t unread = 0;
    Keepalive keepalive{10s, 3s};
};

TEST_F(KeepaliveTime, AsksAfterTheIntervalAndGivesUpAfterTheTimeOut) {
    EXPECT_EQ(look(0s, 0s), Step::nothing);
    EXPECT_EQ(keepalive.next(start), Deadline::at(start + 10s));
    EXPECT_EQ(look(9999ms, 0s), Step::nothing);
    EXPECT_EQ(look(10s, 0s), Step::ask);
    EXPECT_EQ(keepalive.next(start), Deadline::at(start + 13s));
    EXPECT_EQ(look(12999ms, 0s), Step::nothing);
    EXPECT_EQ(look(13s, 0s), Step::give_up);
}

TEST_F(KeepaliveTime, WhateverIsHeardIsASignOfLife) {
    EXPECT_EQ(look(0s, 0s), Step::nothing);
    EXPECT_EQ(look(10s, 0s), Step::ask);
    EXPECT_EQ(look(14s, 12s), Step::nothing);
    EXPECT_EQ(look(21s, 12s), Step::nothing);
    EXPECT_EQ(look(22s, 12s), Step::ask);
}

TEST_F(KeepaliveTime, CountsFromWhenSomethingIsAwaited) {
    EXPECT_EQ(look(0s, 0s, false), Step::nothing);
    EXPECT_TRUE(keepalive.next(start).is_never());
    EXPECT_EQ(look(100s, 0s), Step::nothing);
    EXPECT_EQ(look(109s, 0s), Step::nothing);
    EXPECT_EQ(look(110s, 0s), Step::ask);
    EXPECT_EQ(look(111s, 0s, false), Step::nothing);
    EXPECT_EQ(look(120s, 0s), Step::nothing);
}

TEST_F(KeepaliveTime, WhoTakesBytesHasNotComeToTheQuestionYet) {
    unread = 1000;
    EXPECT_EQ(look(0s, 0s), Step::nothing);
    EXPECT_EQ(look(10s, 0s), Step::ask);
    unread = 999;
    EXPECT_EQ(look(13s, 0s), Step::nothing);
    EXPECT_EQ(look(16s, 0s), Step::give_up);
}

TEST_F(KeepaliveTime, AnIntervalOfZeroIsNever) {
    keepalive = Keepalive{0s, 3s};
    EXPECT_EQ(look(1000s, 0s), Step::nothing);
    EXPECT_TRUE(keepalive.next(start).is_never());
}

// ---- connections

ClientOptions hasty() {
    ClientOptions options;
    options.keepalive_interval = 50ms;
    options.keepalive_timeout = 50ms;
    return options;
}

// Answers the hello and then nothing, as a machine without power does.
TEST(ClientKeepalive, AServerThatIsGoneEndsItsCallsLongBeforeTheirDeadlines) {
    RawListener listener;
    Client client{listener.endpoint(), hasty()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    EXPECT_EQ(server.next()->method, "add");
    EXPECT_EQ(server.next()->method, "$/ping");
    const Result<int> ended = call.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::connection_lost);
    EXPECT_EQ(ended.error().sent(), Sent::maybe_sent);
    EXPECT_NE(ended.error().message().find("no sign of life"), std::string::npos);
}

TEST(ClientKeepalive, AnyAnswerKeepsTheCall) {
    RawListener listener;
    Client client{listener.endpoint(), hasty()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    const std::uint32_t id = server.next()->id;
    for (int pings = 0; pings < 3; ++pings) {
        const auto ping = server.next();
        ASSERT_EQ(ping->method, "$/ping");
        ASSERT_TRUE(server.fail(ping->id, "NOT_FOUND: no such method"));
    }
    ASSERT_TRUE(server.reply(id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

TEST(ClientKeepalive, NothingIsAskedWhileNothingIsAwaited) {
    RawListener listener;
    Client client{listener.endpoint(), hasty()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.answer_hello();
    ASSERT_TRUE(server.reply(server.next()->id, 3));
    EXPECT_EQ(call.get().value(), 3);
    EXPECT_FALSE(server.next(300ms));
    EXPECT_FALSE(server.peer().at_end());
}

TEST(ClientKeepalive, APlainServerIsNotAsked) {
    RawListener listener;
    Client client{listener.endpoint(), hasty()};
    auto call = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ScriptedConnection server{listener};
    server.refuse_hello();
    const std::uint32_t id = server.next()->id;
    EXPECT_FALSE(server.next(300ms));
    ASSERT_TRUE(server.reply(id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

ServerOptions hasty_server() {
    ServerOptions options;
    options.keepalive_interval = 50ms;
    options.keepalive_timeout = 50ms;
    options.first_byte_timeout = 200ms;  // it looks at its connections every 50 ms
    return options;
}

TEST(ServerKeepalive, AClientThatIsGoneIsMissed) {
    Guests guests;
    Server server{hasty_server()};
    guests.attach(server);
    server.start();
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(hello(1)));
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    EXPECT_TRUE(eventually([&] { return guests.here().empty(); }));
    EXPECT_EQ(guests.reasons().at(0), "it shows no sign of life");
    EXPECT_EQ(server.stats().lost_peers, 1U);
    EXPECT_NE(peer.receive_all().find("$/ping"), std::string::npos);
}

TEST(ServerKeepalive, PlainPeersAreNotAsked) {
    Guests guests;
    Server server{hasty_server()};
    guests.attach(server);
    server.start();
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "$/methods")));
    EXPECT_NE(peer.receive(), "");
    EXPECT_EQ(peer.receive(65536, 300ms), "");
    EXPECT_FALSE(peer.at_end());
    EXPECT_EQ(guests.here().size(), 1U);
}

TEST(ServerKeepalive, TwoThatAreAliveKeepTheirConnection) {
    Guests guests;
    Server server{hasty_server()};
    guests.attach(server);
    server.start();
    Client client{server.endpoint(), hasty()};
    client.keep_connected();
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const std::uint64_t before = server.stats().requests;
    // The client's questions are requests; the server's go on beside them.
    EXPECT_TRUE(eventually([&] { return server.stats().requests >= before + 5; }));
    EXPECT_EQ(guests.here().size(), 1U);
    EXPECT_EQ(server.stats().lost_peers, 0U);
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST(ServerKeepalive, APingIsAnswered) {
    Server server;
    server.start();
    Client client{server.endpoint()};
    EXPECT_TRUE(client.call(invoke<void>("$/ping")));
    RawPeer plain{server.endpoint()};
    ASSERT_TRUE(plain.send(request(7, "$/ping")));
    EXPECT_EQ(plain.receive_exactly(5), std::string("\x94\x01\x07\xc0\xc0", 5));
}

}  // namespace
}  // namespace rollcall::rpc::tests
