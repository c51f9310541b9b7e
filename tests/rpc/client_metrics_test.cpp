// What a client's layer counts of its calls.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/client_metrics.h>
#include <rollcall/rpc/server.h>

#include "support/eventually.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using Errors = std::vector<std::pair<std::string, std::uint64_t>>;

class ClientMetricsLayer : public testing::Test {
protected:
    ClientMetricsLayer() {
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle("note", [] {});
        server.handle("fail", []() -> Result<int> { return Error{Errc::remote_error, "no"}; });
        server.handle("wait", [](int ms) -> asio::awaitable<int> {
            asio::steady_timer timer{
                co_await asio::this_coro::executor, std::chrono::milliseconds{ms}};
            co_await timer.async_wait(asio::use_awaitable);
            co_return ms;
        });
        server.start();
        client.emplace(server.endpoint()).use(client_metrics(metrics));
    }

    [[nodiscard]] MethodStats counted(const std::string& name) const {
        for (const MethodStats& method : metrics->read()) {
            if (method.name == name) return method;
        }
        return {};
    }

    std::shared_ptr<CallMetrics> metrics = std::make_shared<CallMetrics>();
    Server server;
    std::optional<Client> client;
};

TEST_F(ClientMetricsLayer, CountsResultsBytesAndTimes) {
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(client->call(invoke<int>("add", 1, 2)));
    const MethodStats add = counted("add");
    EXPECT_EQ(add.ok, 3U);
    EXPECT_EQ(add.errors, Errors());
    EXPECT_EQ(add.in_flight, 0U);
    EXPECT_EQ(add.latency.total(), 3U);
    EXPECT_GT(add.latency.sum, 0ns);
    EXPECT_GE(add.request_bytes, 3 * 9U) << "[0, 1, \"add\", [1, 2]]";
    EXPECT_GE(add.reply_bytes, 3 * 5U);
}

TEST_F(ClientMetricsLayer, CountsHowCallsEndedThatFailed) {
    EXPECT_FALSE(client->call(invoke<int>("fail")));
    EXPECT_FALSE(client->call(invoke<int>("unheard-of")));
    EXPECT_FALSE(client->call(invoke<int>("wait", 60'000).within(1ms)));
    EXPECT_EQ(counted("fail").errors, (Errors{{"remote_error", 1}}));
    EXPECT_EQ(counted("unheard-of").errors, (Errors{{"method_not_found", 1}}));
    EXPECT_EQ(counted("wait").errors, (Errors{{"timed_out", 1}}));
    EXPECT_EQ(counted("wait").in_flight, 0U);
}

TEST_F(ClientMetricsLayer, CountsCallsThatWereNeverSent) {
    Client lost{Endpoint::parse("127.0.0.1:1").value()};
    lost.use(client_metrics(metrics));
    EXPECT_FALSE(lost.call(invoke<int>("add", 1, 2)));
    const MethodStats add = counted("add");
    EXPECT_EQ(add.errors, (Errors{{"connect_failed", 1}}));
    EXPECT_EQ(add.request_bytes, 0U);
}

TEST_F(ClientMetricsLayer, CountsNotificationsAndWhatLayersInsideRefuse) {
    Client guarded{server.endpoint()};
    guarded.use(client_metrics(metrics));
    guarded.use(middleware([](Exchange& exchange) -> Entry {
        if (exchange.method() == "add") return Error{Errc::overloaded, "not now"};
        return {};
    }));
    EXPECT_FALSE(guarded.call(invoke<int>("add", 1, 2)));
    EXPECT_EQ(counted("add").errors, (Errors{{"overloaded", 1}}));
    guarded.notify(invoke<void>("note"));
    EXPECT_TRUE(eventually([&] { return counted("note").ok == 1; }));
}

TEST_F(ClientMetricsLayer, KnowsWhatIsInFlight) {
    auto reply = client->async_call(invoke<int>("wait", 60'000).within(60s), asio::use_future);
    EXPECT_EQ(counted("wait").in_flight, 1U);
    server.stop(0s);
    EXPECT_FALSE(reply.get());
    EXPECT_EQ(counted("wait").in_flight, 0U);
    EXPECT_EQ(counted("wait").failed(), 1U);
}

TEST_F(ClientMetricsLayer, AddsUpClientsOnManyThreads) {
    constexpr int kThreads = 4;
    constexpr int kCalls = 50;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([this] {
            Client own{server.endpoint()};
            own.use(client_metrics(metrics));
            for (int call = 0; call < kCalls; ++call)
                EXPECT_TRUE(own.call(invoke<int>("add", 1, 2)));
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(counted("add").ok, std::uint64_t{kThreads * kCalls});
    EXPECT_EQ(counted("add").latency.total(), std::uint64_t{kThreads * kCalls});
}

TEST_F(ClientMetricsLayer, CountsFurtherNamesTogetherOnceThereAreTooMany) {
    const auto few = std::make_shared<CallMetrics>(1, 2);
    Client own{server.endpoint()};
    own.use(client_metrics(few));
    for (const char* name : {"a", "b", "c", "d", "a"})
        EXPECT_FALSE(own.call(invoke<int>(name)));
    const auto all = few->read();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name, CallMetrics::kOther);
    EXPECT_EQ(all[0].failed(), 2U);
    EXPECT_EQ(all[0].in_flight, 0U);
    EXPECT_EQ(all[1].failed(), 2U) << "those that were there go on";
}

TEST(ClientMetricsWithoutCounters, AreRefused) {
    EXPECT_THROW(static_cast<void>(client_metrics(nullptr)), std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::rpc
