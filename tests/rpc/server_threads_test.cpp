// The threads of a server: started, or not; what throws on them; what holds them.

#include "server_harness.h"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <cerrno>
#include <dlfcn.h>
#include <future>
#include <optional>
#include <pthread.h>
#include <stdexcept>
#include <system_error>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

std::atomic<int> threads_left{-1};  // that may still be started; negative: any number

}  // namespace
}  // namespace rollcall::rpc::tests

// Instead of the C library's own, for the system that has no thread left.
extern "C" int pthread_create(
    pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument
) noexcept {
    using rollcall::rpc::tests::threads_left;
    static const auto real =
        reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
    if (threads_left == 0) return EAGAIN;
    if (threads_left > 0) --threads_left;
    return real(thread, attributes, start, argument);
}

namespace rollcall::rpc::tests {
namespace {

// No more than `count` threads can be started while it lives.
class ThreadsLeft {
public:
    explicit ThreadsLeft(int count) { threads_left = count; }

    ~ThreadsLeft() { threads_left = -1; }

    ThreadsLeft(const ThreadsLeft&) = delete;
    ThreadsLeft& operator=(const ThreadsLeft&) = delete;
};

TEST(ServerThreads, IoThreadsThatCannotAllBeStartedAreAnError) {
    const ThreadsLeft left{2};
    EXPECT_THROW(IoThreads{3}, std::system_error);
}

TEST(ServerThreads, AServerWhoseThreadsCannotBeStartedIsAsBeforeItsStart) {
    // One I/O thread, three of the pool, the watchdog's: each of them may be the one too many.
    for (int count = 0; count < 5; ++count) {
        ServerOptions options;
        options.pool_threads = 3;
        options.log = Log::none();
        Server server{options};
        server.handle("pool", [] { return 7; }, {.run = RunOn::pool});
        {
            const ThreadsLeft left{count};
            EXPECT_THROW(server.start(), std::system_error) << count;
        }
        EXPECT_EQ(server.endpoint().port(), 0) << count;
        EXPECT_FALSE(server.endpoint().alive());
        EXPECT_EQ(server.stats().connections, 0U);
        if (count % 2 == 0) continue;  // its end does not wait for anything
        server.handle("late", [] { return 8; });
        server.start();
        Client client{server.endpoint()};
        EXPECT_EQ(client.call(invoke<int>("pool")).value(), 7);
        EXPECT_EQ(client.call(invoke<int>("late")).value(), 8);
    }
}

TEST(ServerThreads, WhatIsThrownOnThemIsLogged) {
    KeptLog log;
    ServerOptions options;
    options.log = log.log();
    Server server{options};
    const auto throws_later = []() -> asio::awaitable<int> {
        const auto executor = co_await asio::this_coro::executor;
        asio::post(executor, [] { throw std::runtime_error{"why"}; });
        asio::post(executor, [] { throw 7; });
        co_return 1;
    };
    server.handle("io", throws_later);
    server.handle("pool", throws_later, {.run = RunOn::pool});
    server.start();
    Client client{server.endpoint()};
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(client.call(invoke<int>("io")).value(), 1);
        EXPECT_EQ(client.call(invoke<int>("pool")).value(), 1);
    }
    EXPECT_TRUE(eventually([&] {
        return log.count(LogLevel::error, "completion handler threw: why") == 10 &&
               log.count(LogLevel::error, "handler pool threw: why") == 10 &&
               log.count(LogLevel::error, "something that is no std::exception") == 20;
    })) << log.text();
}

TEST(ServerThreads, AServerThatWaitsForAPoolHandlerSaysSo) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<bool> begun{false};
    KeptLog log;
    ServerOptions options;
    options.log = log.log();
    options.drain_timeout = 0ms;
    std::optional<Server> server{std::in_place, options};
    server->handle(
        "block",
        [&begun, released] {
            begun = true;
            released.wait();
        },
        {.run = RunOn::pool}
    );
    server->start();
    RawPeer peer{server->endpoint()};
    EXPECT_TRUE(peer.send(request(1, "block")));
    EXPECT_TRUE(eventually([&] { return begun.load(); }));
    auto gone = std::async(std::launch::async, [&] { server.reset(); });
    EXPECT_TRUE(eventually([&] {
        return log.count(LogLevel::warning, "waits for 1 handlers with RunOn::pool") == 1;
    })) << log.text();
    EXPECT_EQ(log.count(LogLevel::warning, "these have not ended: 'block'"), 1U) << log.text();
    EXPECT_EQ(gone.wait_for(0s), std::future_status::timeout);
    release.set_value();
    gone.get();
}

TEST(ServerThreads, TheWatchdogLeavesHandlersOfOtherServersAlone) {
    std::promise<void> release;
    KeptLog logs[2];
    ServerOptions options;
    options.io = IoThreads{1};
    options.watchdog_threshold = 20ms;
    options.log = logs[0].log();
    Server blocks{options};
    blocks.handle("block", [released = release.get_future().share()] { released.wait(); });
    blocks.start();
    options.log = logs[1].log();
    Server other{options};
    other.start();
    RawPeer peer{blocks.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "block")));
    EXPECT_TRUE(eventually([&] { return logs[0].count(LogLevel::warning, "'block'") == 1; }));
    EXPECT_FALSE(eventually([&] { return logs[1].count(LogLevel::warning, "") > 0; }, 100ms));
    release.set_value();
    EXPECT_EQ(receive_answers(peer, 1).size(), 1U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
