// Handles may be destroyed anywhere, at any time; threads live as long as their users.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "scripted_connection.h"
#include "support/eventually.h"
#include "support/process_facts.h"

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::event_loops;
using tests::eventually;
using tests::RawListener;
using tests::ScriptedConnection;

ClientOptions options_with(const IoThreads& io) {
    ClientOptions options;
    options.io = io;
    options.call_timeout = 60s;
    return options;
}

void expect_shut_down(std::future<Result<int>> call) {
    const auto result = call.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::shutting_down);
}

// Runs `body` on a thread of `io` and waits for its end.
template <class Body>
void run_on(const IoThreads& io, Body body) {
    asio::post(io.executor(), std::packaged_task<void()>{std::move(body)}).get();
}

TEST(ClientOwnership, DestroyedDuringCalls) {
    RawListener listener;
    std::optional<Client> client{std::in_place, listener.endpoint(), options_with({})};
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 100; ++i)
        calls.push_back(client->async_call(invoke<int>("silence"), asio::use_future));
    ScriptedConnection connection{listener};
    connection.answer_hello();
    for (int i = 0; i < 100; ++i)
        EXPECT_TRUE(connection.next().has_value());
    client.reset();
    for (auto& call : calls) {
        const auto result = call.get();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::shutting_down);
        EXPECT_EQ(result.error().sent(), Sent::maybe_sent);
    }
    EXPECT_FALSE(connection.next());
    EXPECT_TRUE(connection.peer().at_end());
}

TEST(ClientOwnership, DestroyedWhileOtherThreadsCall) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    for (int round = 0; round < 20; ++round) {
        Client client{server.endpoint()};
        std::vector<std::thread> callers;
        for (int i = 0; i < 3; ++i) {
            callers.emplace_back([&] {
                for (;;) {
                    const auto result = client.call(invoke<int>("one"));
                    if (result) continue;
                    EXPECT_EQ(result.error().code(), Errc::shutting_down);
                    return;
                }
            });
        }
        EXPECT_TRUE(client.call(invoke<int>("one")));
        client.stop();
        for (auto& caller : callers)
            caller.join();
        EXPECT_EQ(client.state(), ClientState::stopped);
        EXPECT_EQ(client.call(invoke<int>("one")).error().sent(), Sent::not_sent);
    }
}

TEST(ClientOwnership, DestroyedOnItsOwnLoopThread) {
    RawListener listener;
    const IoThreads io{1};
    auto client = std::make_unique<Client>(listener.endpoint(), options_with(io));
    auto call = client->async_call(invoke<int>("silence"), asio::use_future);
    const ScriptedConnection connection{listener};
    run_on(io, [&] { client.reset(); });
    expect_shut_down(std::move(call));
}

TEST(ClientOwnership, DestroyedOnTheThreadOfAnotherGroup) {
    RawListener listener;
    const IoThreads io{1};
    const IoThreads other{1};
    auto client = std::make_unique<Client>(listener.endpoint(), options_with(io));
    auto call = client->async_call(invoke<int>("silence"), asio::use_future);
    const ScriptedConnection connection{listener};
    run_on(other, [&] { client.reset(); });
    expect_shut_down(std::move(call));
}

TEST(ClientOwnership, DestroyedInItsOwnCallback) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    auto client = std::make_unique<Client>(server.endpoint());
    std::promise<int> called;
    client->async_call(invoke<int>("one"), [&](const Result<int>& result) {
        client.reset();
        called.set_value(result.value());
    });
    EXPECT_EQ(called.get_future().get(), 1);
    EXPECT_EQ(client, nullptr);
}

// The loop may end with its last user, but not before it has run what was posted to it.
TEST(ClientOwnership, DestroyedInItsOwnCallbackWithAnotherCallUnderWay) {
    RawListener listener;
    std::promise<Errc> second;
    auto ended = second.get_future();
    {
        auto client = std::make_shared<std::unique_ptr<Client>>(
            std::make_unique<Client>(listener.endpoint(), options_with(IoThreads{1}))
        );
        Client& calls = **client;
        calls.async_call(invoke<int>("answered"), [client](const Result<int>& result) {
            EXPECT_EQ(result.value(), 1);
            client->reset();
        });
        calls.async_call(
            invoke<int>("silence"),
            [promise = std::move(second)](const Result<int>& result) mutable {
                promise.set_value(result.error().code());
            }
        );
    }
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.reply(connection.next().value().id, 1));
    EXPECT_EQ(ended.get(), Errc::shutting_down) << "a broken promise: it was never called";
}

// The loop of the caller ends with the completion and is destroyed at once: a work guard that the
// client released afterwards, or a post that still wakes the loop, would touch freed memory.
TEST(ClientOwnership, TheLoopOfTheCallerMayGoRightAfterTheCompletion) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    Client client{server.endpoint()};
    ASSERT_TRUE(client.wait_ready(Deadline::in(5s)));
    for (int round = 0; round < 200; ++round) {
        auto loop = std::make_unique<asio::io_context>(1);
        int answer = 0;
        const auto keep = [&answer](const Result<int>& result) { answer = result.value_or(-1); };
        client.async_call(invoke<int>("one"), asio::bind_executor(*loop, keep));
        loop->run();
        EXPECT_EQ(answer, 1);
    }
}

TEST(ClientOwnership, ACallbackMayStartCallsOfAStoppedClient) {
    RawListener listener;
    Client client{listener.endpoint()};
    std::promise<Errc> second;
    client.async_call(invoke<int>("silence"), [&](const Result<int>& first) {
        EXPECT_EQ(first.error().code(), Errc::shutting_down);
        client.async_call(invoke<int>("more"), [&](const Result<int>& result) {
            second.set_value(result.error().code());
        });
    });
    client.stop();
    EXPECT_EQ(second.get_future().get(), Errc::shutting_down);
}

TEST(ClientOwnership, MovingAndReplacing) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    Client first{server.endpoint()};
    EXPECT_TRUE(first.call(invoke<int>("one")));
    Client second{std::move(first)};
    EXPECT_TRUE(second.call(invoke<int>("one")));
    EXPECT_EQ(second.counters().connects, 1U);
    RawListener listener;
    Client third{listener.endpoint()};
    auto call = third.async_call(invoke<int>("silence"), asio::use_future);
    third = std::move(second);
    expect_shut_down(std::move(call));
    EXPECT_TRUE(third.call(invoke<int>("one")));
}

TEST(ClientOwnership, TheLastCopyOfIoThreadsMayGoOnItsOwnThread) {
    // With the first thread a sanitizer starts one of its own.
    std::thread{[] {}}.join();
    const std::size_t before = tests::threads().size();
    auto io = std::make_unique<IoThreads>(1);
    EXPECT_EQ(tests::threads().size(), before + 1);
    // Held until post() has returned: an executor does not keep its loop alive.
    const auto loop = io->at(0);
    const auto executor = io->executor();
    std::promise<void> gone;
    asio::post(executor, [&] {
        io.reset();
        gone.set_value();
    });
    gone.get_future().get();
    EXPECT_TRUE(eventually([&] { return tests::threads().size() == before; }));
}

TEST(ClientOwnership, TheSharedThreadEndsWithItsLastUserAndStartsAgain) {
    RawListener listener;
    const int before = event_loops();
    for (int i = 0; i < 3; ++i) {
        {
            Client one{listener.endpoint()};
            {
                const Client two{listener.endpoint()};
                EXPECT_EQ(event_loops(), before + 1) << "both have the same";
            }
            EXPECT_EQ(one.call(invoke<int>("silence").within(1ms)).error().code(), Errc::timed_out);
            EXPECT_EQ(event_loops(), before + 1);
        }
        EXPECT_EQ(event_loops(), before);
    }
}

// The loop is held for as long as the test likes: what a handler that never returns does.
TEST(ClientOwnership, ALoopThatDoesNotAnswerIsAnErrorAndNoHang) {
    RawListener listener;
    std::promise<void> release;
    std::promise<void> held;
    IoThreads io{1};
    std::optional<Client> client{std::in_place, listener.endpoint(), options_with(io)};
    asio::post(io.executor(), [&, until = release.get_future().share()] {
        held.set_value();
        until.wait();
    });
    held.get_future().get();

    TimePoint begin = SteadyClock::now();
    const auto result = client->call(invoke<int>("any").within(100ms));
    EXPECT_GE(SteadyClock::now() - begin, 100ms);
    EXPECT_LT(SteadyClock::now() - begin, 2s);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::timed_out);
    EXPECT_NE(result.error().message().find("does not answer"), std::string::npos);
    EXPECT_EQ(result.error().sent(), Sent::not_sent) << "given up before it went out";

    begin = SteadyClock::now();
    client.reset();
    EXPECT_LT(SteadyClock::now() - begin, 4s);
    release.set_value();
    // What was posted meanwhile is done before the threads end.
    run_on(io, [] {});
}

}  // namespace
}  // namespace rollcall::rpc
