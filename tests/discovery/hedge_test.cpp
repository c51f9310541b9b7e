// Second attempts: only when they are due, only so many, and one answer each.
#include "discovery/service_fixture.h"
#include "latency_quantile.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

class Hedging : public ::testing::Test {
protected:
    // A client that asks the silent server first.
    ServiceClient client_of(HedgeOptions hedge) {
        auto options = prefer(silent.endpoint());
        options.hedge = hedge;
        options.avoid_after = 1'000'000;
        return ServiceClient{InMemoryDiscovery{{silent.endpoint(), good.endpoint()}}, options};
    }

    ContractServer good;
    SilentServer silent;
};

TEST_F(Hedging, GetsTheAnswerOfTheSecond) {
    ServiceClient client = client_of({.after = 5ms});
    const TimePoint start = SteadyClock::now();
    EXPECT_EQ(client.call(contract::add(1, 2).within(20s)).value(), 3);
    EXPECT_LT(SteadyClock::now() - start, 5s) << "the first would have had ten";
    EXPECT_TRUE(eventually([&] {
        for (const InstanceState& state : client.state()) {
            if (state.in_flight != 0) return false;
        }
        return true;
    })) << "the first is cancelled";
}

TEST_F(Hedging, IsNotForCallsThatMayBeExecutedOnceOnly) {
    ServiceClient client = client_of({.after = 1ms});
    EXPECT_FALSE(client.call(contract::add_once(1, 2).within(100ms)));
    EXPECT_EQ(good.calls, 0);
}

TEST_F(Hedging, IsRateLimited) {
    ServiceClient client = client_of({.after = 1ms, .ratio = 0, .burst = 3});
    int answered = 0;
    for (int i = 0; i < 6; ++i)
        answered += client.call(contract::add(1, 2).within(60ms)) ? 1 : 0;
    // The first three by a hedge; the others after half of their time, as without one.
    EXPECT_EQ(client.counters().hedges, 3U);
    EXPECT_EQ(client.counters().repeats, 3U);
    EXPECT_EQ(answered, 6);
    EXPECT_EQ(good.calls, 6);
}

TEST_F(Hedging, AnswersEachCallOnce) {
    ContractServer other;
    ServiceClientOptions options;
    options.hedge = {.after = 1ns, .ratio = 1, .burst = 1000};
    ServiceClient client{InMemoryDiscovery{{good.endpoint(), other.endpoint()}}, options};
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 500; ++i)
        calls.push_back(client.async_call(contract::add(i, 1), asio::use_future));
    for (int i = 0; i < 500; ++i)
        EXPECT_EQ(calls[static_cast<std::size_t>(i)].get().value(), i + 1);
}

TEST_F(Hedging, IsCancelledWithItsCall) {
    auto options = prefer(silent.endpoint());
    SilentServer other;
    options.hedge.after = 1ms;
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), other.endpoint()}}, options};
    auto call = client.async_call(contract::add(1, 2).within(20s), asio::use_future);
    ASSERT_TRUE(eventually([&] {
        std::size_t under_way = 0;
        for (const InstanceState& state : client.state())
            under_way += state.in_flight;
        return under_way == 2;
    }));
    client.stop();
    EXPECT_EQ(call.get().error().code(), Errc::shutting_down);
}

// Each of its calls was answered by another before its time had passed.
TEST_F(Hedging, AnInstanceThatHangsIsFoundOutAlthoughEachCallIsAnsweredElsewhere) {
    auto options = prefer(silent.endpoint());
    options.hedge = {.after = 1ms, .ratio = 1};
    options.avoid = {.min = 1h, .max = 1h};
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), good.endpoint()}}, options};
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(state_of(client, silent.endpoint()).avoided_until) << i;
        ASSERT_TRUE(client.call(contract::add(1, 2).within(20s)));
        ASSERT_TRUE(eventually([&] { return state_of(client, silent.endpoint()).in_flight == 0; }))
            << "it has been cancelled";
    }
    EXPECT_TRUE(state_of(client, silent.endpoint()).avoided_until);
    EXPECT_FALSE(state_of(client, good.endpoint()).avoided_until);
}

TEST_F(Hedging, RefusesOptionsThatMakeNoSense) {
    EXPECT_THROW(client_of({.after = -1ms}), std::invalid_argument);
    EXPECT_THROW(client_of({.quantile = 1}), std::invalid_argument);
    EXPECT_THROW(client_of({.ratio = -0.1}), std::invalid_argument);
    EXPECT_THROW(client_of({.ratio = 1000.1}), std::invalid_argument);
}

TEST(LatencyQuantiles, AreKnownAfterAHundredSamples) {
    LatencyQuantile quantile{0.95};
    for (int i = 0; i < 99; ++i)
        quantile.add(1ms);
    EXPECT_FALSE(quantile.value());
    for (int i = 0; i < 64; ++i)
        quantile.add(1ms);
    ASSERT_TRUE(quantile.value());
    EXPECT_GE(*quantile.value(), 1ms);
    EXPECT_LE(*quantile.value(), 1150us);
}

TEST(LatencyQuantiles, SeparateTheSlowFewFromTheMany) {
    for (const Duration slow : {Duration{50ms}, Duration{10s}, Duration{100h}}) {
        LatencyQuantile quantile{0.98};
        for (int i = 0; i < 6400; ++i)
            quantile.add(i % 100 == 0 ? slow : Duration{200us});
        ASSERT_TRUE(quantile.value());
        EXPECT_GE(*quantile.value(), 200us);
        EXPECT_LE(*quantile.value(), 240us);
    }
}

TEST(LatencyQuantiles, FollowAServiceThatBecomesSlower) {
    LatencyQuantile quantile{0.9};
    for (int i = 0; i < 20'000; ++i)
        quantile.add(100us);
    for (int i = 0; i < 60'000; ++i)
        quantile.add(2ms);
    EXPECT_GE(*quantile.value(), 2ms);
    EXPECT_LE(*quantile.value(), 2300us);
}

}  // namespace
}  // namespace rollcall::discovery
