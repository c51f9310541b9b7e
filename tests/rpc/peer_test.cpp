// Both directions of a connection: servers call and notify the clients that have connected.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "guests.h"
#include "server_harness.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// Ends when the context is told to stop.
asio::awaitable<int> wait_for_stop(Context& context) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (!context.stop_token().stop_requested()) {
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return 0;
}

// The same, and then goes on until the gate is opened: its caller waits no longer when it answers,
// however late the caller's own clock rings.
asio::awaitable<int> linger(Context& context, std::atomic<int>& stopped, Gate& gate) {
    co_await wait_for_stop(context);
    ++stopped;
    co_await gate.pass();
    co_return 0;
}

class BothDirections : public testing::Test {
protected:
    BothDirections() {
        guests.attach(server);
        server.handle("ask_back", [](Context& context, int n) {
            return ask_back(context.peer(), n);
        });
        server.handle(
            "ask_back_blocking",
            [](Context& context, int n) { return context.peer().call(invoke<int>("twice", n)); },
            {.run = RunOn::pool}
        );
        server.handle("count", [](Context& context) {
            auto count = context.peer().data<int>();
            if (!count) context.peer().set_data(count = std::make_shared<int>(0));
            return ++*count;
        });
        server.start();
        client.emplace(server.endpoint());
        client->handle("twice", [](int n) { return 2 * n; });
        client->handle("twice_later", [](int n) -> asio::awaitable<int> {
            asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
            co_await timer.async_wait(asio::use_awaitable);
            co_return 2 * n;
        });
        client->handle("twice_on_pool", [](int n) { return 2 * n; }, {.run = RunOn::pool});
        client->handle("news", [this](std::string text) {
            const std::lock_guard lock{mutex};
            news.push_back(std::move(text));
        });
    }

    static asio::awaitable<Result<int>> ask_back(Peer peer, int n) {
        co_return co_await peer.async_call(invoke<int>("twice", n));
    }

    // The only guest, once it is here.
    Peer guest() {
        EXPECT_TRUE(eventually([&] { return guests.here().size() == 1; }));
        return guests.here().at(0);
    }

    std::size_t news_count() {
        const std::lock_guard lock{mutex};
        return news.size();
    }

    Guests guests;
    Gate gate;
    std::atomic<int> stopped{0};
    std::mutex mutex;
    std::vector<std::string> news;
    Server server;
    std::optional<Client> client;
};

TEST_F(BothDirections, AHandlerCallsBackWhoCalledIt) {
    EXPECT_EQ(client->call(invoke<int>("ask_back", 21)).value(), 42);
    EXPECT_EQ(client->call(invoke<int>("ask_back_blocking", 21)).value(), 42);
}

TEST_F(BothDirections, AClientThatStaysConnectedCanBeCalledWithoutCalling) {
    client->keep_connected();
    const Peer peer = guest();
    EXPECT_TRUE(peer.is_connected());
    EXPECT_NE(peer.id(), 0U);
    EXPECT_NE(peer.name().find("127.0.0.1:"), std::string::npos);
    for (const char* const method : {"twice", "twice_later", "twice_on_pool"})
        EXPECT_EQ(peer.call(invoke<int>(method, 21)).value(), 42) << method;
    for (int i = 0; i < 100; ++i)
        peer.notify(invoke<void>("news", std::to_string(i)));
    EXPECT_TRUE(eventually([&] { return news_count() == 100; }));
    const std::lock_guard lock{mutex};
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(news[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(BothDirections, ErrorsNameTheMethodAndThePeer) {
    client->keep_connected();
    const Peer peer = guest();
    const auto missing = peer.call(invoke<int>("nothing"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), Errc::method_not_found);
    EXPECT_EQ(missing.error().method(), "nothing");
    EXPECT_EQ(missing.error().endpoint(), peer.name());
    EXPECT_EQ(peer.call(invoke<int>("twice", "x")).error().code(), Errc::invalid_arguments);
}

TEST_F(BothDirections, WhatIsKeptForAConnectionIsItsOwn) {
    Client other{server.endpoint()};
    EXPECT_EQ(client->call(invoke<int>("count")).value(), 1);
    EXPECT_EQ(client->call(invoke<int>("count")).value(), 2);
    EXPECT_EQ(other.call(invoke<int>("count")).value(), 1);
}

TEST_F(BothDirections, TheEndOfAClientIsHeardAndEndsCallsToIt) {
    client->handle("silent", [](Context& context) { return wait_for_stop(context); });
    client->keep_connected();
    const Peer peer = guest();
    auto pending = peer.async_call(invoke<int>("silent").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return peer.call(invoke<int>("twice", 1)).has_value(); }));
    client.reset();
    EXPECT_EQ(pending.get().error().code(), Errc::connection_lost);
    ASSERT_TRUE(eventually([&] { return guests.here().empty(); }));
    EXPECT_EQ(guests.reasons().size(), 1U);
    EXPECT_FALSE(peer.is_connected());
    const auto after = peer.call(invoke<int>("twice", 1));
    EXPECT_EQ(after.error().code(), Errc::connection_lost);
    EXPECT_EQ(after.error().sent(), Sent::not_sent);
    peer.notify(invoke<void>("news", "nobody"));
}

TEST_F(BothDirections, ACallToAClientIsOverAtItsDeadlineAndTheClientIsTold) {
    client->handle("silent", [this](Context& context) { return linger(context, stopped, gate); });
    client->keep_connected();
    const auto late = guest().call(invoke<int>("silent").within(50ms));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    gate.open();
}

TEST_F(BothDirections, AServerDisconnectsAClient) {
    client->keep_connected();
    const Peer peer = guest();
    peer.disconnect("not welcome");
    EXPECT_TRUE(eventually([&] { return !guests.reasons().empty(); }));
    EXPECT_EQ(guests.reasons()[0], "not welcome");
    // It comes back, because it was told to stay.
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    EXPECT_NE(guests.here()[0].id(), peer.id());
}

TEST_F(BothDirections, TheClientHearsOfItsConnection) {
    std::mutex guard;
    std::vector<std::string> heard;
    client->on_connect([&](const Peer& peer) {
        const std::lock_guard lock{guard};
        heard.push_back("to " + peer.name());
    });
    client->on_disconnect([&](const Peer&, std::string_view reason) {
        const std::lock_guard lock{guard};
        heard.push_back("lost: " + std::string{reason});
    });
    client->keep_connected();
    EXPECT_EQ(guest().call(invoke<int>("twice", 1)).value(), 2);
    client.reset();
    const std::lock_guard lock{guard};
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0], "to " + server.endpoint().to_string());
    EXPECT_EQ(heard[1], "lost: this client was stopped");
}

TEST_F(BothDirections, HandlersCannotBeAddedAfterTheFirstCall) {
    EXPECT_EQ(client->call(invoke<int>("count")).value(), 1);
    EXPECT_THROW(client->handle("late", [] { return 1; }), std::logic_error);
    EXPECT_THROW(client->on_connect([](const Peer&) {}), std::logic_error);
}

TEST_F(BothDirections, PlainClientsCanBeCalledToo) {
    RawPeer plain{server.endpoint()};
    ASSERT_TRUE(plain.send(request(1, "ask_back", 21)));
    const auto question = receive_answers(plain, 1).at(0);
    EXPECT_EQ(question.method, "twice");
    EXPECT_EQ(question.params, "\x91\x15");
    ASSERT_TRUE(plain.send(result(question.id, 42)));
    EXPECT_EQ(receive_answers(plain, 1).at(0).result, "\x2a");
}

TEST_F(BothDirections, NobodyIsNotConnected) {
    const Peer nobody;
    EXPECT_FALSE(nobody.is_connected());
    EXPECT_EQ(nobody.id(), 0U);
    EXPECT_EQ(nobody.name(), "");
    EXPECT_EQ(nobody.call(invoke<int>("x")).error().code(), Errc::connection_lost);
    nobody.notify(invoke<void>("x"));
    nobody.disconnect("x");
    EXPECT_EQ(nobody.data<int>(), nullptr);
}

TEST_F(BothDirections, WhatTheProgramThrowsInItsEventsEndsNothing) {
    KeptLog log;
    ServerOptions options;
    options.log = log.log();
    Server throwing{options};
    throwing.on_connect([](const Peer&) { throw std::runtime_error{"from on_connect"}; });
    throwing.on_disconnect([](const Peer&, std::string_view) { throw 1; });
    throwing.handle("one", [] { return 1; });
    throwing.start();
    {
        Client guest{throwing.endpoint()};
        EXPECT_EQ(guest.call(invoke<int>("one")).value(), 1);
    }
    EXPECT_TRUE(eventually([&] { return log.count(LogLevel::error, "on_disconnect") == 1; }));
    EXPECT_EQ(log.count(LogLevel::error, "from on_connect"), 1U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
