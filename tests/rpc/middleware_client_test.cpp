// Calls on their way through the layers of a client.

#include <rollcall/rpc/bearer_auth.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include "layer_book.h"
#include "scripted_connection.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::RawListener;
using rollcall::tests::ScriptedConnection;

asio::awaitable<Result<void>> pass_gate(Gate& gate) {
    co_await gate.pass();
    co_return Result<void>{};
}

class ClientLayers : public testing::Test {
protected:
    // Before the client is made, which needs to know where.
    Endpoint start() {
        server.handle("add", [this](int a, int b) {
            book.note("add");
            return a + b;
        });
        server.handle("tenant", [](Context& context) {
            context.reply_with("served-by", "desk 1");
            return std::string{context.metadata().find("tenant").value_or("none")};
        });
        server.handle("note", [this](Context& context) {
            book.note(context.metadata().contains("tenant") ? "noted for it" : "noted");
        });
        server.start();
        return server.endpoint();
    }

    LayerBook book;
    Gate gate;
    Server server;
    Client client{start()};
};

TEST_F(ClientLayers, TheFirstAddedIsTheOutermost) {
    client.use(book.layer("a"));
    client.use(book.layer("b"));
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(book.text(), "+a;+b;add;-b: ok;-a: ok;") << "before the caller hears of the end";
    EXPECT_EQ(client.async_call(invoke<int>("add", 1, 2), asio::use_future).get().value(), 3);
    EXPECT_EQ(book.text().substr(24), "+a;+b;add;-b: ok;-a: ok;");
}

TEST_F(ClientLayers, WhatOneRefusesIsNotSent) {
    client.use(book.layer("a"));
    client.use([](Exchange&) -> Entry { return Error{Errc::overloaded, "too much here"}; });
    client.use(book.layer("c"));
    const auto sum = client.call(invoke<int>("add", 1, 2));
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code(), Errc::overloaded);
    EXPECT_EQ(sum.error().sent(), Sent::not_sent);
    EXPECT_EQ(sum.error().method(), "add");
    EXPECT_EQ(sum.error().endpoint(), server.endpoint().to_string());
    EXPECT_EQ(book.text(), "+a;-a: overloaded;");
    client.notify(invoke<void>("note"));
    EXPECT_TRUE(eventually([&] { return client.counters().dropped_notifications == 1; }));
    EXPECT_EQ(server.stats().requests, 0U);
}

TEST_F(ClientLayers, EachCallHasMetadataOfItsOwn) {
    client.use([n = std::make_shared<std::atomic<int>>(0)](Exchange& exchange) {
        exchange.set_metadata("tenant", "t" + std::to_string(++*n));
    });
    const auto tenant = invoke<std::string>("tenant").with("other", "x");
    EXPECT_EQ(client.call(tenant).value(), "t1");
    EXPECT_EQ(client.call(tenant).value(), "t2");
    EXPECT_FALSE(tenant.metadata().contains("tenant")) << "copies do not see it";
    client.notify(invoke<void>("note"));
    EXPECT_TRUE(book.becomes("noted for it;"));
}

TEST_F(ClientLayers, AwaitOnTheClientsThread) {
    client.use([this](Exchange&) { return pass_gate(gate); });
    client.use(book.layer("b"));
    auto waiting = client.async_call(invoke<int>("add", 1, 2), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    EXPECT_EQ(book.text(), "");
    gate.open();
    EXPECT_EQ(waiting.get().value(), 3);
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3) << "for blocking callers too";
    EXPECT_EQ(book.text(), "+b;add;-b: ok;+b;add;-b: ok;");
}

TEST_F(ClientLayers, HearOfTheDeadlineWhileTheyAwait) {
    client.use([this](Exchange&) { return pass_gate(gate); });
    const auto late = client.call(invoke<int>("add", 1, 2).within(30ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_EQ(late.error().sent(), Sent::not_sent);
    auto async_late =
        client.async_call(invoke<int>("add", 1, 2).within(30ms), asio::use_future).get();
    ASSERT_FALSE(async_late);
    EXPECT_NE(async_late.error().message().find("a layer of this client"), std::string::npos)
        << async_late.error().message();
    gate.open();
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(book.text(), "add;") << "what was late was not sent";
}

TEST_F(ClientLayers, SeeTheMetadataOfTheReply) {
    client.use(middleware(
        [](Exchange&) {},
        [this](Exchange& exchange, const Outcome& outcome) {
            book.note(std::string{exchange.reply_metadata().find("served-by").value_or("nobody")});
            book.note(outcome.request_bytes > 8 && outcome.reply_bytes > 8 ? "sized" : "?");
        }
    ));
    EXPECT_TRUE(client.wait_ready(Deadline::in(10s)));
    EXPECT_TRUE(client.call(invoke<std::string>("tenant").within(20s)));
    EXPECT_EQ(book.text(), "desk 1;sized;");
}

TEST_F(ClientLayers, HearOfErrorsAndOfNotifications) {
    client.use(book.layer("a"));
    EXPECT_FALSE(client.call(invoke<int>("ad", 1, 2)));
    EXPECT_EQ(book.text(), "+a;-a: method_not_found;");
    book.clear();
    client.notify(invoke<void>("nobody"));
    EXPECT_TRUE(book.becomes("+a;-a: ok;")) << "it was sent: " << book.text();
}

TEST_F(ClientLayers, AreFixedAfterTheFirstCall) {
    EXPECT_TRUE(client.call(invoke<int>("add", 1, 2)));
    EXPECT_THROW(client.use(book.layer("late")), std::logic_error);
    Client other{server.endpoint()};
    EXPECT_THROW(other.use(nullptr), std::invalid_argument);
}

TEST_F(ClientLayers, SeeWhatHandlersOfTheClientAskTheServer) {
    Server host;
    host.handle("pong", [] { return 5; });
    host.on_connect([](const Peer& peer) { peer.notify(invoke<void>("ping")); });
    host.start();
    Client guest{host.endpoint()};
    std::promise<int> heard;
    guest.use(book.layer("a"));
    guest.handle("ping", [&](Context& context) -> asio::awaitable<void> {
        auto pong = context.peer().async_call(invoke<int>("pong"));
        heard.set_value((co_await std::move(pong)).value_or(0));
    });
    guest.keep_connected();
    EXPECT_EQ(heard.get_future().get(), 5);
    EXPECT_TRUE(book.becomes("+a;-a: ok;")) << "not what the server asks: " << book.text();
}

// ---- peers that do not understand metadata

// What a plain server reads of a client with these layers; it answers the first call with 7.
std::string bytes_to_plain_server(const Middlewares& layers) {
    RawListener listener;
    ClientOptions options;
    options.middleware = layers;
    options.hello = false;
    options.io = IoThreads{1};
    Client client{listener.endpoint(), std::move(options)};
    auto reply = client.async_call(invoke<int>("add", 1, 2).within(20s), asio::use_future);
    ScriptedConnection connection{listener};
    const auto asked = connection.next();
    if (!asked) return "nothing";
    connection.reply(asked->id, 7);
    const auto seven = reply.get();
    if (!seven) return seven.error().to_string();
    return asked->method + asked->params;
}

TEST(PlainServers, AreSentTheSameBytesWithAllLayers) {
    const std::string plain = bytes_to_plain_server({});
    EXPECT_EQ(plain, std::string("add") + "\x92\x01\x02");
    EXPECT_EQ(bytes_to_plain_server({request_ids(), trace()}), plain);
}

TEST(PlainServers, ThatRefuseTheHelloAreSentNoMetadata) {
    RawListener listener;
    Client client{listener.endpoint()};
    client.use(request_ids());
    client.use(trace());
    auto reply = client.async_call(invoke<int>("add", 1, 2).within(20s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.refuse_hello();
    const auto asked = connection.next();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->params, "\x92\x01\x02");
    connection.reply(asked->id, 7);
    EXPECT_EQ(reply.get().value(), 7);
}

TEST(PlainServers, GetNoTokenAndNoCallThatNeedsOne) {
    RawListener listener;
    Client client{listener.endpoint()};
    client.use(bearer_token("secret"));
    auto reply = client.async_call(invoke<int>("add", 1, 2).within(20s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.refuse_hello();
    const auto result = reply.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::invalid_argument);
    EXPECT_EQ(result.error().sent(), Sent::not_sent);
    EXPECT_NE(result.error().message().find("'authorization'"), std::string::npos)
        << result.error().message();
    EXPECT_EQ(result.error().message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace rollcall::rpc::tests
