// `$/goaway`: what comes after its last id is sent again elsewhere, and never executed twice.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "hello.h"
#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::RawListener;
using tests::ScriptedConnection;

TEST(ClientGoaway, WhatComesAfterTheLastIdIsSentAgain) {
    RawListener listener;
    Client client{listener.endpoint()};
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 4; ++i)
        calls.push_back(client.async_call(invoke<int>("once", i), asio::use_future));
    ScriptedConnection first{listener};
    first.answer_hello();
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 4; ++i)
        ids.push_back(first.next().value().id);
    EXPECT_TRUE(first.goaway(ids[1]));

    ScriptedConnection second{listener};
    second.answer_hello();
    for (int i = 2; i < 4; ++i) {
        const auto request = second.next();
        ASSERT_TRUE(request.has_value());
        EXPECT_EQ(request->params, std::string("\x91") + static_cast<char>(i)) << "in order";
        EXPECT_TRUE(second.reply(request->id, 10 + i));
    }
    for (int i = 0; i < 2; ++i)
        EXPECT_TRUE(first.reply(ids[static_cast<std::size_t>(i)], i));
    EXPECT_EQ(calls[0].get().value(), 0);
    EXPECT_EQ(calls[1].get().value(), 1);
    EXPECT_EQ(calls[2].get().value(), 12);
    EXPECT_EQ(calls[3].get().value(), 13);
    EXPECT_FALSE(first.next()) << "nothing more is sent there";
    EXPECT_TRUE(first.peer().at_end()) << "its calls are over, so it is closed";
}

TEST(ClientGoaway, ALeftConnectionIsClosedWhenItsLastCallEndsByDeadline) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto call = client.async_call(invoke<int>("slow").within(200ms), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.goaway(connection.next().value().id));
    EXPECT_EQ(call.get().error().code(), Errc::timed_out);
    EXPECT_FALSE(connection.next());
    EXPECT_TRUE(connection.peer().at_end());
}

TEST(ClientGoaway, TheCallsOfALeftConnectionThatBreaksAreLost) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto call = client.async_call(invoke<int>("slow"), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.goaway(connection.next().value().id));
    connection.peer().close();
    const auto result = call.get();
    EXPECT_EQ(result.error().code(), Errc::connection_lost);
    EXPECT_EQ(result.error().sent(), Sent::maybe_sent);
}

// What a server with max_connections connections does: a goaway, and the end before it has read.
TEST(ClientGoaway, AConnectionThatIsRefusedCostsNoCallAndNoHello) {
    RawListener listener;
    ClientOptions options;
    options.backoff = BackoffOptions{1ms, 5ms, 2.0, 0.5};
    Client client{listener.endpoint(), options};
    for (int round = 0; round < 20; ++round) {
        auto once = client.async_call(invoke<int>("once"), asio::use_future);
        for (int refusals = 0; refusals < 3; ++refusals)
            EXPECT_TRUE(ScriptedConnection{listener}.goaway(std::nullopt));
        ScriptedConnection taken{listener};
        taken.answer_hello();
        const auto request = taken.next();
        ASSERT_TRUE(request.has_value());
        EXPECT_TRUE(taken.reply(request->id, round));
        EXPECT_EQ(once.get().value(), round);
        EXPECT_TRUE(taken.goaway(request->id));
        EXPECT_FALSE(taken.next());
    }
    EXPECT_EQ(client.counters().failed_connects, 0U);
}

// The client's thread is held while a server answers one call, refuses the other and resets the
// connection: the client finds that out by a failed write, with all of it still unread.
TEST(ClientGoaway, WhatTheServerSaidBeforeAResetIsHeard) {
    RawListener listener;
    ClientOptions options;
    options.io = IoThreads{1};
    Client client{listener.endpoint(), options};
    auto answered = client.async_call(invoke<int>("answered"), asio::use_future);
    auto refused = client.async_call(invoke<int>("refused"), asio::use_future);
    ScriptedConnection first{listener};
    first.answer_hello();
    const std::uint32_t id = first.next().value().id;
    EXPECT_EQ(first.next().value().method, "refused");

    std::promise<void> release;
    asio::post(options.io.executor(), [until = release.get_future().share()] { until.wait(); });
    // In one piece: a second one may still be in the server's kernel at the reset.
    codec::Buffer last_words;
    codec::write_result_head(last_words, id);
    codec::pack(last_words, 7);
    write_goaway(last_words, Goaway{"bye", 0, id});
    EXPECT_TRUE(first.send(last_words.view()));
    first.peer().reset();
    auto unsent = client.async_call(invoke<int>("unsent"), asio::use_future);
    release.set_value();

    EXPECT_EQ(answered.get().value(), 7);
    ScriptedConnection second{listener};
    second.answer_hello();
    for (const char* const method : {"refused", "unsent"}) {
        const auto request = second.next();
        ASSERT_TRUE(request.has_value());
        EXPECT_EQ(request->method, method);
        EXPECT_TRUE(second.reply(request->id, 8));
    }
    EXPECT_EQ(refused.get().value(), 8);
    EXPECT_EQ(unsent.get().value(), 8);
}

// Callers that never pause, and a server that is replaced under them, gracefully, several times.
// The methods are not idempotent.
TEST(ClientGoaway, NoCallFailsAndNoneIsExecutedTwiceWhenAServerIsReplaced) {
    constexpr int kCallers = 4;
    constexpr int kMaxCalls = 100000;
    std::vector<std::atomic<int>> executions(kCallers * kMaxCalls);
    const auto make_server = [&](const std::string& listen) {
        Server server{{.listen = listen}};
        server.handle("once", [&](int number) {
            return ++executions[static_cast<std::size_t>(number)];
        });
        server.start();
        return server;
    };
    std::optional<Server> server{make_server("127.0.0.1:0")};
    const std::string listen = server->endpoint().to_string();
    ClientOptions options;
    options.wait_for_ready = true;
    options.call_timeout = 20s;
    options.backoff = BackoffOptions{1ms, 10ms, 2.0, 0.5};
    Client client{listen, options};
    std::atomic<bool> over{false};
    std::atomic<int> calls{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
        callers.emplace_back([&, caller] {
            for (int i = 0; i < kMaxCalls && !over; ++i) {
                const auto result = client.call(invoke<int>("once", caller * kMaxCalls + i));
                EXPECT_TRUE(result) << result.error().to_string();
                EXPECT_EQ(result.value_or(1), 1);
                ++calls;
            }
        });
    }
    for (int replacements = 0; replacements < 5; ++replacements) {
        const int before = calls;
        EXPECT_TRUE(tests::eventually([&] { return calls >= before + 50; }));
        server.reset();
        server.emplace(make_server(listen));
    }
    over = true;
    for (auto& caller : callers)
        caller.join();
    server.reset();
    for (const auto& count : executions)
        ASSERT_LE(count, 1);
}

}  // namespace
}  // namespace rollcall::rpc
