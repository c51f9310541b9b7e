// Losing the connection and making it again.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <thread>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using tests::RawListener;
using tests::ScriptedConnection;

ClientOptions impatient() {
    ClientOptions options;
    options.backoff = BackoffOptions{20ms, 40ms, 2.0, 0.5};
    return options;
}

Server make_server(const Endpoint& listen, int answer) {
    Server server{{.listen = listen.to_string()}};
    server.handle("answer", [answer] { return answer; });
    server.start();
    return server;
}

// A port that nobody listens on now.
Endpoint closed_port() {
    return RawListener{}.endpoint();
}

// The other end of a connection within this process: its TCP_USER_TIMEOUT in milliseconds.
unsigned user_timeout_of_the_peer_of(int descriptor) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length);
    for (int each = 0; each < 1024; ++each) {
        sockaddr_in own{};
        length = sizeof own;
        if (::getsockname(each, reinterpret_cast<sockaddr*>(&own), &length) != 0) continue;
        if (own.sin_family != AF_INET || own.sin_port != peer.sin_port) continue;
        unsigned timeout = 0;
        length = sizeof timeout;
        ::getsockopt(each, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &length);
        return timeout;
    }
    return 0;
}

TEST(ClientReconnect, AServerThatRestartsOnItsPort) {
    std::optional<Server> server{make_server(Endpoint{"127.0.0.1", 0}, 1)};
    const Endpoint endpoint = server->endpoint();
    ClientOptions options = impatient();
    options.wait_for_ready = true;
    Client client{endpoint, options};
    for (int life = 1; life <= 3; ++life) {
        EXPECT_EQ(client.call(invoke<int>("answer")).value(), life);
        server.reset();
        auto waiting = client.async_call(invoke<int>("answer").within(10s), asio::use_future);
        server.emplace(make_server(endpoint, life + 1));
        EXPECT_EQ(waiting.get().value(), life + 1);
    }
}

TEST(ClientReconnect, WithoutWaitForReadyCallsFailWithTheAttempt) {
    Client client{closed_port(), impatient()};
    for (int i = 0; i < 3; ++i) {
        const auto result = client.call(invoke<int>("answer").within(10s));
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::connect_failed);
        EXPECT_EQ(result.error().sent(), Sent::not_sent);
        EXPECT_NE(result.error().message().find("Connection refused"), std::string::npos);
    }
    EXPECT_EQ(client.counters().failed_connects, 3U) << "one attempt for each, after its backoff";
}

TEST(ClientReconnect, AttemptsAreSpacedByBackoffWithJitter) {
    ClientOptions options = impatient();
    options.wait_for_ready = true;
    Client client{closed_port(), options};
    const auto result = client.call(invoke<int>("answer").within(600ms));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::timed_out);
    // At least 10 ms and at most 40 ms lie between attempts, and what a busy machine adds.
    EXPECT_GE(client.counters().failed_connects, 3U);
    EXPECT_LE(client.counters().failed_connects, 60U);
}

TEST(ClientReconnect, WaitReadyGoesThroughFailedAttempts) {
    const Endpoint endpoint = closed_port();
    Client client{endpoint, impatient()};
    EXPECT_EQ(client.state(), ClientState::idle);
    auto ready =
        std::async(std::launch::async, [&] { return client.wait_ready(Deadline::in(10s)); });
    EXPECT_TRUE(eventually([&] { return client.counters().failed_connects >= 2; }));
    const Server server = make_server(endpoint, 1);
    EXPECT_TRUE(ready.get());
    EXPECT_EQ(client.state(), ClientState::ready);
    EXPECT_TRUE(client.wait_ready(Deadline::in(10s))) << "again, at once";
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST(ClientReconnect, WaitReadySaysWhyThereIsNoConnection) {
    Client client{closed_port(), impatient()};
    // More than once, because on a busy machine a caller may give up before it has been told why.
    EXPECT_TRUE(eventually([&] {
        const Result<void> ready = client.wait_ready(Deadline::in(200ms));
        EXPECT_FALSE(ready);
        EXPECT_EQ(ready.error().code(), Errc::timed_out);
        EXPECT_EQ(ready.error().sent(), Sent::not_sent) << ready.error().to_string();
        return ready.error().message().find("Connection refused") != std::string::npos;
    }));
}

TEST(ClientReconnect, WaitReadyNeedsNoSlot) {
    RawListener listener;
    ClientOptions options = impatient();
    options.max_in_flight = 1;
    Client client{listener.endpoint(), options};
    auto first = client.async_call(invoke<int>("slow"), asio::use_future);
    auto second = client.async_call(invoke<int>("waits"), asio::use_future);
    EXPECT_TRUE(client.wait_ready(Deadline::in(10s))) << "behind calls that wait to be sent";
    EXPECT_TRUE(client.wait_ready(Deadline::in(10s))) << "connected, with no slot free";
    client.stop();
    EXPECT_EQ(second.get().error().sent(), Sent::not_sent);
    EXPECT_EQ(first.get().error().code(), Errc::shutting_down);
}

TEST(ClientReconnect, IsIdleWhenNothingWaitsForTheNextAttempt) {
    ClientOptions options;
    options.wait_for_ready = true;
    options.backoff = BackoffOptions{1h, 1h, 1.0, 0.0};
    Client client{closed_port(), options};
    auto call = client.async_call(invoke<int>("any").within(200ms), asio::use_future);
    EXPECT_TRUE(eventually([&] {
        return client.counters().failed_connects == 1 && client.state() == ClientState::connecting;
    }));
    EXPECT_EQ(call.get().error().code(), Errc::timed_out);
    EXPECT_TRUE(eventually([&] { return client.state() == ClientState::idle; }));
}

// A peer without power or network says nothing: the kernel would go on for a quarter of an hour.
TEST(ClientReconnect, APeerThatVanishesIsNoticedBySilence) {
    RawListener listener;
    Client client{listener.endpoint(), impatient()};
    auto call = client.async_call(invoke<int>("any"), asio::use_future);
    ScriptedConnection connection{listener};
    EXPECT_TRUE(connection.next().has_value());
    EXPECT_EQ(user_timeout_of_the_peer_of(connection.peer().descriptor()), 60000U);
    client.stop();
    EXPECT_FALSE(call.get());
}

// The connection was destroyed while it was being opened. Whether the reset meets the first write
// is chance, so it gets many.
TEST(ClientReconnect, APeerThatResetsBeforeTheFirstWriteHarmsNothing) {
    RawListener listener;
    constexpr int kRounds = 200;
    std::atomic<bool> over{false};
    std::thread peer{[&] {
        for (int round = 0; round < kRounds; ++round)
            listener.accept().reset();
        listener.close();
        over = true;
    }};
    ClientOptions options;
    options.backoff = BackoffOptions{1ms, 1ms, 1.0, 0.0};
    Client client{listener.endpoint(), options};
    while (!over) {
        const auto result = client.call(invoke<int>("answer").within(10s));
        ASSERT_FALSE(result);
        const Errc code = result.error().code();
        EXPECT_TRUE(code == Errc::connection_lost || code == Errc::connect_failed)
            << result.error().to_string();
    }
    peer.join();
}

TEST(ClientReconnect, APeerThatClosesOnTheHelloIsDialledWithoutIt) {
    RawListener listener;
    Client client{listener.endpoint(), impatient()};
    auto repeatable = client.async_call(invoke<int>("again").idempotent(), asio::use_future);
    auto once = client.async_call(invoke<int>("once"), asio::use_future);
    {
        ScriptedConnection first{listener};
        EXPECT_EQ(first.next().value().method, "$/hello");
        EXPECT_TRUE(first.next().has_value());
        EXPECT_TRUE(first.next().has_value());
    }
    const auto lost = once.get();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), Errc::connection_lost);
    EXPECT_EQ(lost.error().sent(), Sent::maybe_sent);

    ScriptedConnection second{listener};
    const auto request = second.next();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->method, "again");
    EXPECT_TRUE(second.reply(request->id, 7));
    EXPECT_EQ(repeatable.get().value(), 7);
}

TEST(ClientReconnect, ACallThatWasExposedIsNotCalledUnsentLater) {
    std::optional<RawListener> listener{std::in_place};
    Client client{listener->endpoint(), impatient()};
    auto repeatable = client.async_call(invoke<int>("again").idempotent(), asio::use_future);
    {
        ScriptedConnection first{*listener};
        EXPECT_EQ(first.next().value().method, "$/hello");
        EXPECT_TRUE(first.next().has_value());
        listener.reset();  // the redial is refused
    }
    const auto result = repeatable.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::connect_failed);
    EXPECT_EQ(result.error().sent(), Sent::maybe_sent);
}

TEST(ClientReconnect, WithATokenTheHelloIsNeverLeftOut) {
    RawListener listener;
    ClientOptions options = impatient();
    options.token = "secret";
    Client client{listener.endpoint(), options};
    for (int i = 0; i < 2; ++i) {
        auto lost = client.async_call(invoke<int>("once"), asio::use_future);
        ScriptedConnection connection{listener};
        const auto hello = connection.next();
        ASSERT_TRUE(hello.has_value());
        EXPECT_EQ(hello->method, "$/hello");
        EXPECT_NE(hello->params.find("secret"), std::string::npos);
        EXPECT_TRUE(connection.next().has_value());
        connection.peer().close();
        EXPECT_EQ(lost.get().error().sent(), Sent::maybe_sent);
    }
}

TEST(ClientReconnect, APlainPeerIsServedAsOne) {
    RawListener listener;
    Client client{listener.endpoint(), impatient()};
    auto call = client.async_call(invoke<int>("add", 1, 2), asio::use_future);
    ScriptedConnection connection{listener};
    connection.refuse_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->params, "\x92\x01\x02");
    EXPECT_TRUE(connection.reply(request->id, 3));
    EXPECT_EQ(call.get().value(), 3);
    auto failing = client.async_call(invoke<int>("fail"), asio::use_future);
    EXPECT_TRUE(connection.fail(connection.next().value().id, "it broke"));
    const auto failed = failing.get();
    EXPECT_EQ(failed.error().code(), Errc::remote_error);
    EXPECT_EQ(failed.error().message(), "it broke");
    EXPECT_EQ(client.counters().late_replies, 0U);
}

TEST(ClientReconnect, WithoutHelloTheFirstBytesAreTheCall) {
    RawListener listener;
    ClientOptions options = impatient();
    options.hello = false;
    Client client{listener.endpoint(), options};
    auto call = client.async_call(invoke<int>("add", 1, 2), asio::use_future);
    ScriptedConnection connection{listener};
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->method, "add");
    EXPECT_TRUE(connection.reply(request->id, 3));
    EXPECT_EQ(call.get().value(), 3);
}

// Plays `serve` with each connection for a while, and returns how many there were.
template <class Serve>
unsigned connections_within(Duration time, Serve&& serve) {
    RawListener listener;
    Client client{listener.endpoint(), impatient()};
    unsigned connections = 0;
    const Deadline end = Deadline::in(time);
    auto call = client.async_call(invoke<int>("any").idempotent(), asio::use_future);
    while (!end.expired()) {
        if (call.wait_for(0s) == std::future_status::ready) {
            EXPECT_FALSE(call.get());
            call = client.async_call(invoke<int>("any").idempotent(), asio::use_future);
        }
        try {
            ScriptedConnection connection{listener, 10ms};
            ++connections;
            serve(connection);
        } catch (const std::runtime_error&) {
            continue;  // none came within 10 ms
        }
    }
    client.stop();
    static_cast<void>(call.get());
    return connections;
}

TEST(ClientReconnect, APeerThatClosesAtOnceIsNotDialledInATightLoop) {
    const unsigned connections = connections_within(500ms, [](ScriptedConnection&) {});
    EXPECT_GE(connections, 2U);
    EXPECT_LE(connections, 50U);
}

TEST(ClientReconnect, APeerThatOnlySaysGoawayIsNotDialledInATightLoop) {
    const unsigned connections = connections_within(500ms, [](ScriptedConnection& connection) {
        const std::uint32_t hello = connection.answer_hello();
        connection.goaway(hello);
    });
    EXPECT_GE(connections, 2U);
    EXPECT_LE(connections, 50U);
}

TEST(ClientReconnect, TheEndOfOneConnectionIsNotTheEndOfTheNext) {
    RawListener listener;
    Client client{listener.endpoint(), impatient()};
    for (int i = 0; i < 3; ++i) {
        auto call = client.async_call(invoke<int>("once"), asio::use_future);
        ScriptedConnection connection{listener};
        connection.answer_hello();
        EXPECT_TRUE(connection.reply(connection.next().value().id, i));
        EXPECT_EQ(call.get().value(), i);
        auto lost = client.async_call(invoke<int>("lost"), asio::use_future);
        EXPECT_TRUE(connection.next().has_value());
        i % 2 == 0 ? connection.peer().reset() : connection.peer().close();
        const auto result = lost.get();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::connection_lost);
        EXPECT_EQ(result.error().sent(), Sent::maybe_sent);
    }
    EXPECT_EQ(client.counters().connects, 3U);
}

}  // namespace
}  // namespace rollcall::rpc
