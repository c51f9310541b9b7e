// How much handlers of a server may have to do: by method, and in front of the pool.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

class Overload : public testing::Test {
protected:
    explicit Overload(ServerOptions options = ServerOptions()) : server(std::move(options)) {
        server.handle("two", [this] { return gate.pass(); }, {.max_in_flight = 2});
        server.handle("any", [this] { return gate.pass(); });
        server.handle("block", [this] { block(); }, {.run = RunOn::pool});
        server.handle("quick", [] { return 1; }, {.run = RunOn::pool});
        server.handle("inline", [] { return 1; });
        server.start();
        client.emplace(server.endpoint());
    }

    ~Overload() override {
        gate.open();
        unblock();
    }

    using Reply = std::future<Result<void>>;

    [[nodiscard]] Reply begin(std::string_view method) {
        return client->async_call(invoke<void>(method).within(60s), asio::use_future);
    }

    void expect_refused(std::string_view method, std::string_view why) {
        const auto refused = client->call(invoke<void>(method));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), Errc::overloaded);
        EXPECT_EQ(refused.error().sent(), Sent::not_sent);
        EXPECT_NE(refused.error().message().find(why), std::string::npos)
            << refused.error().message();
    }

    void block() {
        std::unique_lock lock{mutex_};
        ++blocked;
        changed_.wait(lock, [this] { return unblocked_; });
    }

    void unblock() {
        const std::lock_guard lock{mutex_};
        unblocked_ = true;
        changed_.notify_all();
    }

    Gate gate;
    std::atomic<int> blocked{0};
    Server server;
    std::optional<Client> client;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool unblocked_ = false;
};

TEST_F(Overload, AMethodHasAsManyUnderWayAsItMay) {
    Reply one = begin("two");
    Reply two = begin("two");
    ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    expect_refused("two", "'two'");
    Reply other = begin("any");  // others are not concerned
    ASSERT_TRUE(eventually([&] { return gate.begun() == 3; }));
    EXPECT_EQ(server.stats().overloaded, 1U);
    gate.open();
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    EXPECT_TRUE(other.get());
    EXPECT_TRUE(client->call(invoke<void>("two")));
}

TEST_F(Overload, ThePlaceOfACancelledOrLostRequestIsFreeWhenItsHandlerEnds) {
    {
        Client leaving{server.endpoint()};
        auto one = leaving.async_call(invoke<void>("two").within(60s), asio::use_future);
        auto two = leaving.async_call(invoke<void>("two").within(60s), asio::use_future);
        ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    }
    ASSERT_TRUE(eventually([&] { return server.stats().connections == 0; }));
    expect_refused("two", "'two'");  // they still run
    gate.open();
    EXPECT_TRUE(eventually([&] { return client->call(invoke<void>("two")).has_value(); }));
}

class SmallPool : public Overload {
protected:
    explicit SmallPool(Duration max_queue_time = Duration{0})
        : Overload(options_with(max_queue_time)) {}

    static ServerOptions options_with(Duration max_queue_time) {
        ServerOptions options;
        options.pool_threads = 1;
        options.max_pool_queue = 2;
        options.max_queue_time = max_queue_time;
        return options;
    }
};

TEST_F(SmallPool, AsManyWaitForAThreadAsMay) {
    Reply running = begin("block");
    ASSERT_TRUE(eventually([&] { return blocked == 1; }));
    Reply one = begin("quick");
    Reply two = begin("quick");
    // Both wait as soon as this one has been refused: they came before it.
    expect_refused("quick", "pool: 2");
    EXPECT_EQ(client->call(invoke<int>("inline")).value(), 1);
    unblock();
    EXPECT_TRUE(running.get());
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(two.get());
    EXPECT_TRUE(client->call(invoke<void>("quick")));
}

TEST_F(SmallPool, OneThatIsCancelledWhileItWaitsGivesItsPlaceBack) {
    Reply running = begin("block");
    ASSERT_TRUE(eventually([&] { return blocked == 1; }));
    {
        Client leaving{server.endpoint()};
        auto one = leaving.async_call(invoke<void>("quick").within(60s), asio::use_future);
        auto two = leaving.async_call(invoke<void>("quick").within(60s), asio::use_future);
        ASSERT_TRUE(eventually([&] { return server.stats().requests >= 4; }));
    }
    ASSERT_TRUE(eventually([&] { return server.stats().connections == 1; }));
    unblock();
    EXPECT_TRUE(running.get());
    EXPECT_TRUE(client->call(invoke<void>("quick")));
}

class ImpatientPool : public SmallPool {
protected:
    ImpatientPool() : SmallPool(50ms) {}
};

TEST_F(ImpatientPool, WhatHasWaitedTooLongIsNotBegun) {
    Reply running = begin("block");
    ASSERT_TRUE(eventually([&] { return blocked == 1; }));
    const TimePoint asked = SteadyClock::now();
    Reply late = begin("block");
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() > asked + 200ms; }));
    unblock();
    EXPECT_TRUE(running.get());
    const Result<void> refused = late.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    EXPECT_EQ(blocked, 1);
}

}  // namespace
}  // namespace rollcall::rpc::tests
