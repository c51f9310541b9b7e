// What a client takes, queues and sends at most.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "black_hole.h"
#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::BlackHole;
using tests::eventually;
using tests::RawListener;
using tests::ScriptedConnection;

using Futures = std::vector<std::future<Result<int>>>;

std::string text_of(std::size_t bytes) {
    return std::string(bytes, 'x');
}

Server make_echo_server(ServerOptions options = ServerOptions()) {
    Server server{std::move(options)};
    server.handle("echo", [](std::string_view text) { return std::string{text}; });
    server.handle("make", [](std::size_t bytes) { return text_of(bytes); });
    server.start();
    return server;
}

TEST(ClientLimits, CallsOverMaxInFlightWaitForTheirTurn) {
    RawListener listener;
    ClientOptions options;
    options.max_in_flight = 4;
    Client client{listener.endpoint(), options};
    Futures futures;
    for (int i = 0; i < 10; ++i)
        futures.push_back(client.async_call(invoke<int>("hold", i), asio::use_future));
    ScriptedConnection connection{listener};
    connection.answer_hello();
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 4; ++i)
        ids.push_back(connection.next().value().id);
    EXPECT_FALSE(connection.next(100ms)) << "a fifth call is sent";
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(connection.reply(ids.at(static_cast<std::size_t>(i)), i));
        if (i < 6) ids.push_back(connection.next().value().id);
    }
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(futures[static_cast<std::size_t>(i)].get().value(), i);
}

TEST(ClientLimits, CallsOverMaxQueuedFailAsOverloaded) {
    const BlackHole nowhere;
    ClientOptions options;
    options.max_queued = 3;
    options.call_timeout = 60s;
    options.connect_timeout = 60s;
    Futures futures;
    {
        Client client{nowhere.endpoint(), options};
        for (int i = 0; i < 3; ++i)
            futures.push_back(client.async_call(invoke<int>("wait"), asio::use_future));
        const auto over = client.call(invoke<int>("wait"));
        ASSERT_FALSE(over);
        EXPECT_EQ(over.error().code(), Errc::overloaded);
        EXPECT_EQ(over.error().sent(), Sent::not_sent);
        client.notify(invoke<void>("note"));
        EXPECT_TRUE(eventually([&] { return client.counters().dropped_notifications == 1; }));
    }
    for (auto& future : futures)
        EXPECT_EQ(future.get().error().code(), Errc::shutting_down) << "at the limit they wait";
}

TEST(ClientLimits, CallsWaitForAPeerThatDoesNotRead) {
    RawListener listener;
    ClientOptions options;
    options.write_queue_bytes = 1U << 16U;
    Client client{listener.endpoint(), options};
    const Invocation<int> mebibyte = invoke<int>("big", text_of(1U << 20U)).within(60s);
    Futures futures;
    for (int i = 0; i < 64; ++i)
        futures.push_back(client.async_call(mebibyte, asio::use_future));
    const auto last = client.call(invoke<int>("last").within(300ms));
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code(), Errc::timed_out);
    EXPECT_EQ(last.error().sent(), Sent::not_sent) << "it waits behind what is not read";

    ScriptedConnection connection{listener};
    connection.answer_hello();
    for (int i = 0; i < 64; ++i) {
        const auto request = connection.next();
        ASSERT_TRUE(request.has_value());
        EXPECT_EQ(request->method, "big");
        EXPECT_TRUE(connection.reply(request->id, i));
    }
    for (auto& future : futures)
        EXPECT_TRUE(future.get());
}

// A server that asks without end and never reads: the client's answers must not pile up.
TEST(ClientLimits, AServerThatAsksAndDoesNotReadIsLeft) {
    RawListener listener;
    ClientOptions options;
    options.write_queue_bytes = 1U << 16U;
    options.limits.max_message_bytes = 1U << 16U;
    Client client{listener.endpoint(), options};
    auto call = client.async_call(invoke<int>("any").within(60s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.next().has_value());
    std::string requests;
    while (requests.size() < (1U << 16U))
        requests += std::string{"\x94\x00\x01\xa1r\x90", 6};
    // What the kernel keeps for both sides is far less than the answers to this.
    bool is_left = false;
    for (int i = 0; i < 256 && !is_left; ++i)
        is_left = !connection.send(requests);
    EXPECT_TRUE(is_left);
    const auto lost = call.get();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code(), Errc::connection_lost);
    EXPECT_NE(lost.error().message().find("does not read"), std::string::npos);
}

TEST(ClientLimits, AServerThatAsksAndReadsIsKept) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto call = client.async_call(invoke<int>("any").within(60s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    for (int i = 0; i < 10000; ++i) {
        EXPECT_TRUE(connection.send({"\x94\x00\x01\xa1r\x90", 6}));
        if (i % 100 == 99) {
            for (int j = 0; j < 100; ++j)
                EXPECT_EQ(connection.next().value().type, codec::MessageType::response);
        }
    }
    EXPECT_TRUE(connection.reply(request.value().id, 1));
    EXPECT_EQ(call.get().value(), 1);
}

TEST(ClientLimits, AFloodOfNotificationsArrivesWhole) {
    constexpr int kNotes = 20000;
    std::atomic<int> notes{0};
    Server server;
    server.handle("note", [&](std::string_view text) {
        if (text.size() == 1000) ++notes;
    });
    server.start();
    ClientOptions options;
    options.write_queue_bytes = 1U << 16U;
    Client client{server.endpoint(), options};
    const Invocation<void> note = invoke<void>("note", text_of(1000)).within(60s);
    for (int i = 0; i < kNotes; ++i)
        client.notify(note);
    EXPECT_TRUE(eventually([&] { return notes == kNotes; })) << notes;
    EXPECT_EQ(client.counters().dropped_notifications, 0U);
}

TEST(ClientLimits, RequestsAtAndOverTheOwnLimit) {
    const Server server = make_echo_server();
    ClientOptions options;
    options.limits.max_message_bytes = 1000;
    Client client{server.endpoint(), options};
    // [0, id, "echo", ["..."]] is 7 + 5 + 1 + 3 bytes around the text.
    EXPECT_EQ(client.call(invoke<std::string>("echo", text_of(984))).value().size(), 984U);
    const auto over = client.call(invoke<std::string>("echo", text_of(985)));
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_EQ(over.error().sent(), Sent::not_sent);
    EXPECT_EQ(over.error().message(), "the request has 1001 bytes; the limit is 1000");
    client.notify(invoke<void>("echo", text_of(985)));
    EXPECT_TRUE(eventually([&] { return client.counters().dropped_notifications == 1; }));
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST(ClientLimits, RepliesAtAndOverTheOwnLimit) {
    const Server server = make_echo_server();
    ClientOptions options;
    options.limits.max_message_bytes = 1000;
    Client client{server.endpoint(), options};
    // [1, id, nil, "..."] is 1 + 1 + 5 + 1 + 3 bytes around the text.
    EXPECT_EQ(client.call(invoke<std::string>("make", 989)).value().size(), 989U);
    const auto over = client.call(invoke<std::string>("make", 990));
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::result_too_large) << "the server knows our limit";
    EXPECT_EQ(over.error().sent(), Sent::maybe_sent);
    EXPECT_EQ(client.call(invoke<std::string>("make", 1)).value(), "x");
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST(ClientLimits, APeerThatSendsMoreThanTheLimitIsLeft) {
    RawListener listener;
    ClientOptions options;
    options.limits.max_message_bytes = 1000;
    Client client{listener.endpoint(), options};
    auto call = client.async_call(invoke<std::string>("make"), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    codec::Buffer reply;
    codec::write_result_head(reply, request->id);
    codec::pack(reply, text_of(990));
    EXPECT_EQ(reply.size(), 1001U);
    EXPECT_TRUE(connection.send(reply.view()));
    const auto over = call.get();
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::connection_lost);
    EXPECT_EQ(over.error().sent(), Sent::maybe_sent);
    EXPECT_NE(over.error().message().find("exceeds the size limit"), std::string::npos);
    EXPECT_FALSE(connection.next());
    EXPECT_TRUE(connection.peer().at_end());
}

TEST(ClientLimits, ThePeersLimitIsKnownFromItsHello) {
    ServerOptions server_options;
    server_options.limits.max_message_bytes = 2000;
    const Server server = make_echo_server(server_options);
    Client client{server.endpoint()};
    EXPECT_TRUE(client.call(invoke<std::string>("echo", text_of(1))));
    EXPECT_TRUE(client.call(invoke<std::string>("echo", text_of(1984 - 3))));
    EXPECT_TRUE(client.call(invoke<std::string>("echo", text_of(1984))));
    const auto over = client.call(invoke<std::string>("echo", text_of(1985)));
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_EQ(over.error().message(), "the request has 2001 bytes; the limit is 2000");
    EXPECT_EQ(client.counters().connects, 1U);
}

// The first request may leave before the peer has told its limit. It is then the peer that closes,
// with part of the request unsent: trying again must end with the deadline, and not be a storm.
TEST(ClientLimits, ARequestThatThePeerRefusesToReadIsNotAStorm) {
    ServerOptions server_options;
    server_options.limits.max_message_bytes = 2000;
    server_options.log = Log::none();
    const Server server = make_echo_server(server_options);
    ClientOptions options;
    options.backoff = BackoffOptions{20ms, 100ms, 2.0, 0.5};
    Client client{server.endpoint(), options};
    const auto refused =
        client.call(invoke<std::string>("echo", text_of(8U << 20U)).idempotent().within(500ms));
    EXPECT_FALSE(refused);
    EXPECT_LE(client.counters().connects, 20U);
    EXPECT_EQ(client.call(invoke<std::string>("echo", "x")).value(), "x");
}

TEST(ClientLimits, LargePayloadsGoBothWays) {
    const Server server = make_echo_server();
    Client client{server.endpoint()};
    for (const std::size_t mebibytes : {1U, 15U}) {
        std::string text = text_of(mebibytes << 20U);
        text[text.size() / 2] = 'y';
        const auto echoed = client.call(invoke<std::string>("echo", text).within(30s));
        ASSERT_TRUE(echoed) << echoed.error().to_string();
        EXPECT_TRUE(*echoed == text);
    }
}

TEST(ClientLimits, MethodNamesUpTo255Bytes) {
    const std::string longest(255, 'm');
    Server server;
    server.handle(longest, [] { return 1; });
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(invoke<int>(longest)).value(), 1);
    EXPECT_EQ(client.call(invoke<int>(longest + "m")).error().code(), Errc::message_too_large);
}

TEST(ClientLimits, MethodNamesUpTo100BytesToPlainPeers) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto first = client.async_call(invoke<int>("first"), asio::use_future);
    ScriptedConnection connection{listener};
    connection.refuse_hello();
    EXPECT_TRUE(connection.reply(connection.next().value().id, 1));
    EXPECT_EQ(first.get().value(), 1);
    auto longest = client.async_call(invoke<int>(std::string(100, 'm')), asio::use_future);
    EXPECT_TRUE(connection.reply(connection.next().value().id, 2));
    EXPECT_EQ(longest.get().value(), 2);
    const auto over = client.call(invoke<int>(std::string(101, 'm')));
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_EQ(over.error().sent(), Sent::not_sent);
}

TEST(ClientLimits, OptionsThatMakeNoSenseAreRefusedByName) {
    const auto refused = [](auto change) -> std::string {
        ClientOptions options;
        change(options);
        try {
            const Client client{"127.0.0.1:1", options};
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "accepted";
    };
    EXPECT_EQ(
        refused([](auto& o) { o.max_in_flight = 0; }),
        "ClientOptions::max_in_flight must be positive"
    );
    EXPECT_EQ(
        refused([](auto& o) { o.limits.max_depth = codec::kMaxDepth + 1; }),
        "ClientOptions::limits.max_depth must be from 1 to 128"
    );
    EXPECT_EQ(refused([](auto& o) { o.limits.max_depth = codec::kMaxDepth; }), "accepted");
    const auto backoff = [&](Duration min, Duration max, double growth, double jitter) {
        return refused([&](auto& o) { o.backoff = BackoffOptions{min, max, growth, jitter}; });
    };
    EXPECT_EQ(backoff(0ms, 1s, 2, 0.5), "ClientOptions::backoff needs 0 < min <= max <= 1 h");
    EXPECT_EQ(backoff(2ms, 1ms, 2, 0.5), "ClientOptions::backoff needs 0 < min <= max <= 1 h");
    EXPECT_EQ(
        backoff(1ms, Duration{1h} + Duration{1}, 2, 0.5),
        "ClientOptions::backoff needs 0 < min <= max <= 1 h"
    );
    EXPECT_EQ(
        backoff(1ms, 1s, 0.99, 0.5), "ClientOptions::backoff.growth must be finite and at least 1"
    );
    EXPECT_EQ(backoff(1ms, 1s, 2, 1.01), "ClientOptions::backoff.jitter must be from 0 to 1");
    EXPECT_EQ(backoff(1ms, 1s, 2, -0.01), "ClientOptions::backoff.jitter must be from 0 to 1");
    EXPECT_EQ(
        backoff(1ms, 1s, 2, std::nan("")), "ClientOptions::backoff.jitter must be from 0 to 1"
    );
    EXPECT_EQ(backoff(Duration{1}, 1h, 1, 0), "accepted");
    EXPECT_EQ(backoff(1h, 1h, 1, 1), "accepted");
    EXPECT_EQ(
        refused([](auto& o) { o.limits.max_message_bytes = 0; }),
        "ClientOptions::limits.max_message_bytes must be positive"
    );
    EXPECT_THROW(Client{"no port"}, std::invalid_argument);
    EXPECT_THROW(Client{"127.0.0.1:0"}, std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::rpc
