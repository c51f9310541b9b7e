// How many requests of a method and of the pool may be under way, and how long they may wait.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// Threads of the pool wait in it until it is opened.
class Door {
public:
    void pass() {
        std::unique_lock lock{mutex_};
        ++begun_;
        changed_.wait(lock, [this] { return open_; });
    }

    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] int begun() {
        const std::lock_guard lock{mutex_};
        return begun_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int begun_ = 0;
};

void expect_overloaded(const Result<int>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::overloaded) << result.error().message();
    EXPECT_EQ(result.error().sent(), Sent::not_sent);
}

class MethodLimit : public testing::Test {
protected:
    MethodLimit() {
        server.handle(
            "two",
            [this](bool fails) -> asio::awaitable<int> {
                co_await gate.pass();
                if (fails) throw std::runtime_error{"as asked"};
                co_return 2;
            },
            {.max_in_flight = 2}
        );
        server.handle("free", [] { return 1; });
        server.start();
        client.emplace(server.endpoint());
    }

    ~MethodLimit() override { gate.open(); }

    std::future<Result<int>> start(bool fails = false) {
        return client->async_call(invoke<int>("two", fails).within(60s), asio::use_future);
    }

    Gate gate;
    Server server;
    std::optional<Client> client;
};

TEST_F(MethodLimit, OneMoreThanItIsRefusedAsNotExecuted) {
    auto one = start();
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    auto two = start();
    ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    EXPECT_EQ(server.stats().overloaded, 0U);
    expect_overloaded(start().get());
    EXPECT_EQ(server.stats().overloaded, 1U);
    EXPECT_EQ(gate.begun(), 2U);
    // Others are not concerned.
    EXPECT_EQ(client->call(invoke<int>("free")).value(), 1);
    gate.open();
    EXPECT_EQ(one.get().value(), 2);
    EXPECT_EQ(two.get().value(), 2);
    EXPECT_EQ(start().get().value(), 2);
}

TEST_F(MethodLimit, CountsAllConnectionsTogether) {
    auto one = start();
    Client other{server.endpoint()};
    auto two = other.async_call(invoke<int>("two", false).within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    expect_overloaded(other.call(invoke<int>("two", false).within(60s)));
    gate.open();
    EXPECT_EQ(one.get().value(), 2);
    EXPECT_EQ(two.get().value(), 2);
}

TEST_F(MethodLimit, HandlersThatThrowGiveTheirPlaceBack) {
    gate.open();
    for (int i = 0; i < 10; ++i) {
        const auto failed = start(true).get();
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code(), Errc::handler_failed);
    }
    EXPECT_EQ(start().get().value(), 2);
    EXPECT_EQ(server.stats().overloaded, 0U);
}

TEST_F(MethodLimit, ArgumentsThatDoNotFitGiveTheirPlaceBack) {
    gate.open();
    for (int i = 0; i < 10; ++i) {
        const auto wrong = client->call(invoke<int>("two", "no bool"));
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().code(), Errc::invalid_arguments);
    }
    EXPECT_EQ(start().get().value(), 2);
}

// Its handlers have not ended; their places come back when they have.
TEST_F(MethodLimit, ACutConnectionGivesItsPlacesBackWhenItsHandlersEnd) {
    {
        Client leaver{server.endpoint()};
        auto one = leaver.async_call(invoke<int>("two", false).within(60s), asio::use_future);
        auto two = leaver.async_call(invoke<int>("two", false).within(60s), asio::use_future);
        ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
        leaver.stop();
        EXPECT_EQ(one.get().error().code(), Errc::shutting_down);
        EXPECT_EQ(two.get().error().code(), Errc::shutting_down);
    }
    gate.open();
    EXPECT_TRUE(eventually([&] { return start().get().has_value(); }));
}

class PoolLimits : public testing::Test {
protected:
    void serve(ServerOptions options, HandlerOptions handler = {.run = RunOn::pool}) {
        options.pool_threads = 1;
        handler.run = RunOn::pool;
        server.emplace(options);
        server->handle(
            "pass", [this] { return door.pass(), ++ended; }, handler
        );
        server->start();
        client.emplace(server->endpoint());
    }

    ~PoolLimits() override { door.open(); }

    std::future<Result<int>> start() {
        return client->async_call(invoke<int>("pass").within(60s), asio::use_future);
    }

    Door door;
    std::atomic<int> ended{0};
    std::optional<Server> server;
    std::optional<Client> client;
};

TEST_F(PoolLimits, OneMoreThanMayWaitForAThreadIsRefusedAsNotExecuted) {
    ServerOptions options;
    options.max_pool_queue = 2;
    serve(options);
    auto runs = start();
    ASSERT_TRUE(eventually([&] { return door.begun() == 1; }));
    auto first = start();
    auto second = start();
    // They go in order on one connection.
    expect_overloaded(start().get());
    EXPECT_EQ(server->stats().overloaded, 1U);
    door.open();
    EXPECT_TRUE(runs.get());
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    EXPECT_TRUE(start().get());
    EXPECT_EQ(ended, 4);
}

TEST_F(PoolLimits, ThoseThatWaitCountForTheMethodsLimit) {
    serve(ServerOptions{}, {.max_in_flight = 2});
    auto runs = start();
    auto waits = start();
    expect_overloaded(start().get());
    door.open();
    EXPECT_TRUE(runs.get());
    EXPECT_TRUE(waits.get());
    EXPECT_TRUE(start().get());
}

TEST_F(PoolLimits, CancelledOnesGiveTheirPlaceInTheQueueBack) {
    ServerOptions options;
    options.max_pool_queue = 1;
    serve(options, {.max_in_flight = 2});
    auto runs = start();
    ASSERT_TRUE(eventually([&] { return door.begun() == 1; }));
    asio::cancellation_signal signal;
    auto waits = client->async_call(
        invoke<int>("pass").within(60s),
        asio::bind_cancellation_slot(signal.slot(), asio::use_future)
    );
    expect_overloaded(start().get());
    signal.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(waits.get().error().code(), Errc::cancelled);
    door.open();
    EXPECT_TRUE(runs.get());
    EXPECT_TRUE(eventually([&] { return start().get().has_value(); }));
    EXPECT_EQ(door.begun(), ended.load());
}

TEST_F(PoolLimits, ARequestThatHasWaitedTooLongIsRefusedAsNotExecuted) {
    ServerOptions options;
    options.max_queue_time = 20ms;
    serve(options);
    auto runs = start();
    ASSERT_TRUE(eventually([&] { return door.begun() == 1; }));
    auto waits = start();
    // It has been read when one behind it is answered.
    ASSERT_FALSE(client->call(invoke<int>("unknown")));
    const TimePoint read = SteadyClock::now();
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() - read > 200ms; }));
    EXPECT_EQ(server->stats().overloaded, 0U);
    door.open();
    EXPECT_TRUE(runs.get());
    expect_overloaded(waits.get());
    EXPECT_EQ(server->stats().overloaded, 1U);
    EXPECT_EQ(ended, 1);
}

TEST_F(PoolLimits, ARequestThatHasWaitedLessIsServed) {
    ServerOptions options;
    options.max_queue_time = 60s;
    serve(options);
    auto runs = start();
    auto waits = start();
    ASSERT_FALSE(client->call(invoke<int>("unknown")));
    door.open();
    EXPECT_TRUE(runs.get());
    EXPECT_TRUE(waits.get());
    EXPECT_EQ(server->stats().overloaded, 0U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
