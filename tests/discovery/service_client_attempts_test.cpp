// A call is its own first attempt, and becomes more than that when it has to.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <stop_token>
#include <string>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

// Completes a promise; with a slot that lives on.
struct Ended {
    auto token() {
        return asio::bind_cancellation_slot(signal.slot(), [this](Result<int> result) {
            promise.set_value(std::move(result));
        });
    }

    asio::cancellation_signal signal;
    std::promise<Result<int>> promise;
};

TEST(ServiceClientAttempts, AreCountedOnceForEachCallThatIsAnsweredAtOnce) {
    ContractServer one;
    ServiceClient client{InMemoryDiscovery{{one.endpoint()}}};
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    const ServiceCounters counters = client.counters();
    EXPECT_EQ(counters.calls, 3U);
    EXPECT_EQ(counters.attempts, 3U);
    EXPECT_EQ(counters.repeats, 0U);
    const InstanceState state = client.state()[0];
    EXPECT_EQ(state.attempts, 3U);
    EXPECT_EQ(state.in_flight, 0U);
    EXPECT_EQ(state.errors, 0U);
    EXPECT_GT(state.latency, Duration{0});
}

TEST(ServiceClientAttempts, AreCountedWhenTheFirstHasFailed) {
    RefusingEndpoint refusing;
    ContractServer good;
    ServiceClient client{
        InMemoryDiscovery{{refusing.endpoint(), good.endpoint()}}, prefer(refusing.endpoint())};
    ASSERT_TRUE(client.call(contract::add_once(1, 2)));
    const ServiceCounters counters = client.counters();
    EXPECT_EQ(counters.calls, 1U);
    EXPECT_EQ(counters.attempts, 2U);
    EXPECT_EQ(counters.repeats, 1U);
    for (const InstanceState& state : client.state()) {
        EXPECT_EQ(state.attempts, 1U);
        EXPECT_EQ(state.in_flight, 0U);
    }
}

TEST(ServiceClientAttempts, AreCancelledAfterTheFirstHasFailed) {
    RefusingEndpoint refusing;
    ServiceClientOptions options = prefer(refusing.endpoint());
    ServiceClient client{InMemoryDiscovery{{refusing.endpoint()}}, options};
    Ended ended;
    client.async_call(contract::add(1, 2).within(1h), ended.token());
    ASSERT_TRUE(eventually([&] { return client.counters().waits > 0; }));
    ended.signal.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(ended.promise.get_future().get().error().code(), Errc::cancelled);
}

TEST(ServiceClientAttempts, AreNoLongerCancelledOnceTheyHaveEnded) {
    ContractServer one;
    Ended ended;
    {
        ServiceClient client{InMemoryDiscovery{{one.endpoint()}}};
        client.async_call(contract::add(1, 2), ended.token());
        EXPECT_EQ(ended.promise.get_future().get().value(), 3);
        ended.signal.emit(asio::cancellation_type::terminal);
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    }
    EXPECT_TRUE(eventually([&] { return one.server().stats().connections == 0; }));
    ended.signal.emit(asio::cancellation_type::terminal);
}

// The handler's stop token reaches the call that it makes, also when that is not the first attempt.
TEST(ServiceClientAttempts, AreCancelledWithTheHandlerThatMakesThem) {
    SilentServer silent;
    RefusingEndpoint refusing;
    ServiceClient inner{
        InMemoryDiscovery{{refusing.endpoint(), silent.endpoint()}}, prefer(refusing.endpoint())};
    std::promise<Errc> ended;
    rpc::Server server;
    server.handle("relay", [&]() -> asio::awaitable<Result<int>> {
        auto sum = contract::add_once(1, 2).within(1h);
        Result<int> result = co_await inner.async_call(std::move(sum));
        ended.set_value(result ? Errc::unknown : result.error().code());
        co_return result;
    });
    server.start();
    rpc::Client outer{server.endpoint()};
    asio::cancellation_signal signal;
    outer.async_call(
        rpc::invoke<int>("relay").within(1h),
        asio::bind_cancellation_slot(signal.slot(), [](const Result<int>&) {})
    );
    ASSERT_TRUE(eventually([&] { return silent.accepted > 0; }));
    signal.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(ended.get_future().get(), Errc::cancelled);
}

TEST(ServiceClientAttempts, EndWithTheClientThatMakesThem) {
    SilentServer silent;
    std::future<Result<int>> call;
    {
        ServiceClient client{InMemoryDiscovery{{silent.endpoint()}}};
        call = client.async_call(contract::add(1, 2).within(1h), asio::use_future);
        ASSERT_TRUE(eventually([&] { return silent.accepted > 0; }));
    }
    EXPECT_EQ(call.get().error().code(), Errc::shutting_down);
}

}  // namespace
}  // namespace rollcall::discovery
