// Many callers, every kind of completion, and where completions run.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "interposed.h"
#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using tests::RawListener;
using tests::ScriptedConnection;

constexpr Method<int(int)> twice{"twice"};

class ClientConcurrency : public testing::Test {
protected:
    ClientConcurrency() {
        server.handle(twice, [](int n) { return 2 * n; });
        server.start();
        client.emplace(server.endpoint());
    }

    Server server;
    std::optional<Client> client;
};

asio::awaitable<void> call_many(Client& client, int from, int to, std::atomic<int>& right) {
    for (int i = from; i < to; ++i) {
        const Result<int> result = co_await client.async_call(twice(i));
        if (result && *result == 2 * i) ++right;
    }
}

TEST_F(ClientConcurrency, EightThreadsOfBlockingCalls) {
    constexpr int kCalls = 300;
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (int i = t * kCalls; i < (t + 1) * kCalls; ++i) {
                if (client->call(twice(i)).value() == 2 * i) ++right;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(right, 8 * kCalls);
    EXPECT_EQ(client->counters().calls, 8U * kCalls);
    EXPECT_EQ(client->counters().connects, 1U);
}

TEST_F(ClientConcurrency, EveryKindOfCallAtOnce) {
    constexpr int kCalls = 200;
    std::atomic<int> right{0};
    std::thread blocking{[&] {
        for (int i = 0; i < kCalls; ++i)
            right += client->call(twice(i)).value() == 2 * i ? 1 : 0;
    }};
    std::thread futures{[&] {
        std::vector<std::future<Result<int>>> all;
        for (int i = 0; i < kCalls; ++i)
            all.push_back(client->async_call(twice(i), asio::use_future));
        for (int i = 0; i < kCalls; ++i)
            right += all[static_cast<std::size_t>(i)].get().value() == 2 * i ? 1 : 0;
    }};
    std::thread callbacks{[&] {
        for (int i = 0; i < kCalls; ++i) {
            client->async_call(twice(i), [&, i](const Result<int>& result) {
                if (result && *result == 2 * i) ++right;
            });
        }
    }};
    std::thread coroutines{[&] {
        asio::io_context context;
        for (int i = 0; i < 4; ++i) {
            asio::co_spawn(
                context,
                call_many(*client, i * kCalls / 4, (i + 1) * kCalls / 4, right),
                asio::detached
            );
        }
        context.run();
    }};
    for (std::thread* thread : {&blocking, &futures, &callbacks, &coroutines})
        thread->join();
    EXPECT_TRUE(eventually([&] { return right == 4 * kCalls; })) << right;
}

TEST_F(ClientConcurrency, APendingCallKeepsTheCallersLoopRunning) {
    asio::io_context context;
    bool called = false;
    client->async_call(twice(4), asio::bind_executor(context, [&](const Result<int>& result) {
                           called = result && *result == 8;
                       }));
    context.run();
    EXPECT_TRUE(called) << "the loop ended before the call";
    EXPECT_TRUE(context.stopped()) << "and it ends with the call";
}

TEST_F(ClientConcurrency, CompletionsRunOnTheirExecutor) {
    asio::thread_pool pool{2};
    auto strand = asio::make_strand(pool);
    std::promise<std::pair<bool, bool>> where;
    client->async_call(
        twice(1),
        asio::bind_executor(
            strand,
            [&](const Result<int>&) {
                where.set_value({strand.running_in_this_thread(), IoThreads::on_io_thread()});
            }
        )
    );
    EXPECT_EQ(where.get_future().get(), std::make_pair(true, false));
    std::promise<bool> by_default;
    client->async_call(twice(1), [&](const Result<int>&) {
        by_default.set_value(IoThreads::on_io_thread());
    });
    EXPECT_TRUE(by_default.get_future().get());
    pool.join();
}

TEST_F(ClientConcurrency, CompletionsNeverRunInsideTheCall) {
    asio::io_context context;
    bool called = false;
    const auto start = [&] {
        client->async_call(twice(1), asio::bind_executor(context, [&](const Result<int>&) {
                               called = true;
                           }));
        EXPECT_FALSE(called);
    };
    // On the very thread of the executor, also when the call fails at once.
    asio::post(context, start);
    context.run();
    EXPECT_TRUE(called);
    called = false;
    client->stop();
    context.restart();
    asio::post(context, start);
    context.run();
    EXPECT_TRUE(called);
}

// Counts, so that a test sees that the handler's memory is given back before the handler runs.
template <class T>
struct CountingAllocator {
    using value_type = T;

    explicit CountingAllocator(std::atomic<int>* taken_count, std::atomic<int>* held_count)
        : taken(taken_count), held(held_count) {}

    template <class U>
    CountingAllocator(const CountingAllocator<U>& other) : taken(other.taken), held(other.held) {}

    T* allocate(std::size_t n) {
        ++*taken;
        ++*held;
        return std::allocator<T>{}.allocate(n);
    }

    void deallocate(T* memory, std::size_t n) {
        --*held;
        std::allocator<T>{}.deallocate(memory, n);
    }

    template <class U>
    bool operator==(const CountingAllocator<U>& other) const {
        return held == other.held;
    }

    std::atomic<int>* taken;
    std::atomic<int>* held;
};

struct AllocatingHandler {
    using allocator_type = CountingAllocator<char>;
    using executor_type = asio::io_context::executor_type;

    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator; }

    [[nodiscard]] executor_type get_executor() const noexcept { return executor; }

    void operator()(const Result<int>& result) const {
        *value = result.value();
        *held_when_called = *allocator.held;
    }

    allocator_type allocator;
    executor_type executor;
    int* value;
    int* held_when_called;
};

TEST_F(ClientConcurrency, CompletionsUseTheirAllocatorAndGiveItBackFirst) {
    asio::io_context context;
    std::atomic<int> taken{0};
    std::atomic<int> held{0};
    int value = 0;
    int held_when_called = -1;
    client->async_call(
        twice(21),
        AllocatingHandler{
            CountingAllocator<char>{&taken, &held},
            context.get_executor(),
            &value,
            &held_when_called}
    );
    context.run();
    EXPECT_EQ(value, 42);
    EXPECT_GT(taken, 0);
    EXPECT_EQ(held_when_called, 0);
    EXPECT_EQ(held, 0);
}

TEST_F(ClientConcurrency, ABlockingCallOnAnIoThreadSaysSo) {
    const IoThreads other{1};
    for (const auto& executor : {other.executor(), IoThreads::shared().executor()}) {
        std::packaged_task<std::pair<Result<int>, Result<void>>()> block{[&] {
            return std::pair{client->call(twice(1)), client->wait_ready(Deadline::in(5s))};
        }};
        const auto [call, ready] = asio::post(executor, std::move(block)).get();
        ASSERT_FALSE(call);
        EXPECT_EQ(call.error().code(), Errc::would_deadlock);
        EXPECT_EQ(call.error().method(), "twice");
        EXPECT_EQ(call.error().sent(), Sent::not_sent);
        ASSERT_FALSE(ready);
        EXPECT_EQ(ready.error().code(), Errc::would_deadlock);
    }
}

TEST_F(ClientConcurrency, ACallbackThatThrowsEndsNothing) {
    for (int i = 0; i < 3; ++i) {
        std::promise<void> called;
        client->async_call(twice(1), [&](const Result<int>&) {
            called.set_value();
            throw std::runtime_error{"thrown by a test's callback"};
        });
        called.get_future().get();
        EXPECT_EQ(client->call(twice(i)).value(), 2 * i);
    }
    EXPECT_EQ(client->counters().connects, 1U);
}

asio::awaitable<Result<int>> ask_back(Peer peer) {
    co_return co_await peer.async_call(invoke<int>("seven"));
}

TEST(ClientHandlers, RunOnceThereAreThreadsForThem) {
    Server asking;
    asking.handle("ask", [](Context& context) { return ask_back(context.peer()); });
    asking.start();
    Client asked{asking.endpoint()};
    asked.handle("seven", [] { return 7; }, {.run = RunOn::pool});
    {
        const tests::NoThreads none;
        EXPECT_THROW(static_cast<void>(asked.call(invoke<int>("ask"))), std::system_error);
    }
    EXPECT_EQ(asked.call(invoke<int>("ask")).value(), 7);
}

TEST_F(ClientConcurrency, AHandlerOfAServerMayCallOn) {
    Server front;
    front.handle("via", [this](int n) -> asio::awaitable<Result<int>> {
        Result<int> result = co_await client->async_call(twice(n));
        co_return result;
    });
    front.start();
    Client caller{front.endpoint()};
    EXPECT_EQ(caller.call(invoke<int>("via", 5)).value(), 10);
}

}  // namespace
}  // namespace rollcall::rpc
