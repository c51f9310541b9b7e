// `$/goaway`: what comes after its last id is sent again elsewhere, and never executed twice.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "scripted_connection.h"
#include "support/eventually.h"

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
