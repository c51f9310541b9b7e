// What a connection at its limits, or one that is drained, still hears.

#include "held_requests.h"

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "guests.h"
#include "hello.h"
#include "server_harness.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

TEST(HeldRequests, KeepTheirOrderAndKnowWhoWasCancelled) {
    HeldRequests held;
    const TimePoint now = SteadyClock::now();
    held.push("one", 1, now);
    held.push("note", std::nullopt, now);
    held.push("two", 2, now);
    held.cancel(2);
    held.cancel(77);
    EXPECT_EQ(held.pop().message, "one");
    EXPECT_EQ(held.pop().message, "note");
    const HeldRequests::Held two = held.pop();
    EXPECT_EQ(two.message, "two");
    EXPECT_TRUE(two.cancelled);
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.bytes(), 0U);
}

TEST(HeldRequests, AreFullAtTheirLimit) {
    HeldRequests held;
    const std::string message(1024, 'x');
    std::uint32_t id = 0;
    while (!held.is_full()) {
        ASSERT_LT(held.bytes(), HeldRequests::kMostBytes);
        held.push(message, id++, SteadyClock::now());
    }
    EXPECT_GE(held.bytes(), HeldRequests::kMostBytes);
    static_cast<void>(held.pop());
    EXPECT_FALSE(held.is_full());
}

asio::awaitable<void> until_stopped(Context& context) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (!context.stop_token().stop_requested()) {
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

class AtItsLimit : public testing::Test {
protected:
    AtItsLimit() : server(with_one_in_flight()) {
        guests.attach(server);
        server.handle("wait", [this](Context& context) { return wait(context); });
        server.handle("hold", [this] { return gate_.load()->pass(); });
        server.handle("add", [](int a, int b) { return a + b; });
        server.start();
    }

    void hold_at(Gate* gate) { gate_ = gate; }

    static ServerOptions with_one_in_flight() {
        ServerOptions options;
        options.max_in_flight = 1;
        options.first_byte_timeout = 400ms;  // it looks at its connections every 100 ms
        return options;
    }

    asio::awaitable<void> wait(Context& context) {
        ++begun;
        co_await until_stopped(context);
        ++stopped;
    }

    static std::string cancel(std::uint32_t id) {
        codec::Buffer out;
        write_cancel(out, id);
        return text_of(out);
    }

    std::atomic<int> begun{0};
    std::atomic<int> stopped{0};
    Guests guests;
    Server server;

private:
    std::atomic<Gate*> gate_{nullptr};
};

TEST_F(AtItsLimit, AConnectionHearsThatItsRequestIsCancelled) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(hello(1) + request(2, "wait") + request(3, "add", 1, 2)));
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    ASSERT_TRUE(peer.send(request(4, "add", 3, 4) + cancel(2)));
    const auto answers = receive_answers(peer, 4);
    EXPECT_EQ(stopped, 1);
    EXPECT_EQ(answers.at(1).id, 2U);
    EXPECT_EQ(answers.at(2).id, 3U);  // in the order in which they came
    EXPECT_EQ(answers.at(3).id, 4U);
}

TEST_F(AtItsLimit, OneThatWaitsAndIsCancelledIsNotExecuted) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(hello(1) + request(2, "wait") + request(3, "wait") + cancel(3)));
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    ASSERT_TRUE(peer.send(cancel(2)));
    const auto answers = receive_answers(peer, 3);
    EXPECT_EQ(answers.at(2).id, 3U);
    EXPECT_NE(answers.at(2).error.find("CANCELLED"), std::string::npos);
    EXPECT_EQ(begun, 1);
}

TEST_F(AtItsLimit, AConnectionHearsTheEndOfItsPeer) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(hello(1) + request(2, "wait") + request(3, "add", 1, 2)));
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    peer.close();
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    EXPECT_TRUE(eventually([&] { return guests.here().empty(); }));
}

// Fewer than are kept, and more: the rest waits in the kernel. All are answered in their order.
TEST_F(AtItsLimit, WhatWaitsIsAnsweredInItsOrder) {
    for (const std::uint32_t many : {500U, 5000U}) {
        Gate gate;
        RawPeer peer{server.endpoint()};
        hold_at(&gate);
        ASSERT_TRUE(peer.send(hello(1) + request(2, "hold")));
        ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
        std::string requests;
        for (std::uint32_t i = 0; i < many; ++i)
            requests += request(3 + i, "add", 1, 2);
        ASSERT_TRUE(peer.send(requests));
        Client other{server.endpoint()};
        EXPECT_EQ(other.call(invoke<int>("add", 1, 2)).value(), 3);
        gate.open();
        const auto answers = receive_answers(peer, 2 + many);
        ASSERT_EQ(answers.size(), 2 + many);
        for (std::uint32_t i = 0; i < 2 + many; ++i)
            ASSERT_EQ(answers[i].id, 1 + i);
    }
}

// A handler of a server that drains asks the client that has called it.
TEST(Draining, AServerHearsTheAnswersThatItsHandlersWaitFor) {
    Server server;
    Gate gate;
    server.handle("ask", [](Context& context) -> asio::awaitable<int> {
        const Peer peer = context.peer();
        auto asking = peer.async_call(invoke<int>("answer").within(60s));
        Result<int> answer = co_await std::move(asking);
        co_return answer.value();
    });
    server.start();
    Client client{server.endpoint()};
    client.handle("answer", [&gate]() -> asio::awaitable<int> {
        Gate& mine = gate;
        co_await mine.pass();
        co_return 42;
    });
    auto asked = client.async_call(invoke<int>("ask").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    auto stopped = std::async(std::launch::async, [&] { server.stop(30s); });
    ASSERT_TRUE(eventually([&] { return client.state() != ClientState::ready; }));
    const TimePoint opened = SteadyClock::now();
    gate.open();
    EXPECT_EQ(asked.get().value(), 42);
    stopped.get();
    EXPECT_LT(SteadyClock::now() - opened, 20s);  // not by the end of the grace
}

}  // namespace
}  // namespace rollcall::rpc::tests
