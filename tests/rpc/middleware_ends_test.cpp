// However a call ends, its layers leave exactly once. Goal: a layer that counts is never wrong.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "layer_book.h"
#include "server_harness.h"
#include "support/cutting_proxy.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <tuple>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;

asio::awaitable<Result<void>> pass_gate(Gate& gate) {
    co_await gate.pass();
    co_return Result<void>{};
}

// Both ends count, in front of a layer that awaits and behind it.
class LayersLeave : public testing::Test {
protected:
    LayersLeave() {
        for (const auto& each : {outer, waiting, inner})
            server->use(each);
        server->handle("inline", [] { return 1; });
        server->handle("later", [this]() -> asio::awaitable<int> {
            co_await gate.pass();
            co_return 2;
        });
        server->handle("pool", [] { return 3; }, {.run = RunOn::pool});
        server->handle("note", [] {});
        server->start();
    }

    [[nodiscard]] ClientOptions counted() const {
        ClientOptions options;
        options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        options.middleware = {client_outer, client_waiting, client_inner};
        return options;
    }

    void expect_settled() const {
        for (const auto& each :
             {outer, waiting, inner, client_outer, client_waiting, client_inner}) {
            EXPECT_TRUE(each->settles())
                << each->entered() << " in, " << each->left() << " out, " << each->wrong();
        }
    }

    Gate gate;
    std::shared_ptr<Turnstile> outer = std::make_shared<Turnstile>();
    std::shared_ptr<Turnstile> waiting = std::make_shared<Turnstile>(true);
    std::shared_ptr<Turnstile> inner = std::make_shared<Turnstile>();
    std::shared_ptr<Turnstile> client_outer = std::make_shared<Turnstile>();
    std::shared_ptr<Turnstile> client_waiting = std::make_shared<Turnstile>(true);
    std::shared_ptr<Turnstile> client_inner = std::make_shared<Turnstile>();
    std::optional<Server> server{std::in_place};
};

class LayersLeaveAfterCuts
    : public LayersLeave,
      public testing::WithParamInterface<std::tuple<CuttingProxy::Direction, CuttingProxy::How>> {
protected:
    // Some calls over a connection that is cut. What was forwarded.
    std::uint64_t play(std::uint64_t bytes) {
        const auto [direction, how] = GetParam();
        const CuttingProxy proxy{server->endpoint(), {direction, bytes, how}};
        Client client{proxy.endpoint(), counted()};
        std::vector<std::future<Result<int>>> calls;
        for (const char* const method : {"inline", "later", "pool", "unknown"})
            calls.push_back(client.async_call(invoke<int>(method).within(10s), asio::use_future));
        client.notify(invoke<void>("note"));
        for (auto& call : calls)
            static_cast<void>(call.get());
        return proxy.forwarded(direction);
    }
};

TEST_P(LayersLeaveAfterCuts, AtManyMoments) {
    gate.open();
    const std::uint64_t whole = play(UINT64_MAX);
    for (std::uint64_t bytes = 0; bytes <= whole; bytes += 7)
        play(bytes);
    expect_settled();
    EXPECT_GT(inner->entered(), 4U);
    server.reset();
    expect_settled();
}

INSTANTIATE_TEST_SUITE_P(
    Middleware,
    LayersLeaveAfterCuts,
    testing::Combine(
        testing::Values(CuttingProxy::Direction::to_server, CuttingProxy::Direction::to_client),
        testing::Values(CuttingProxy::How::fin, CuttingProxy::How::rst)
    )
);

TEST_F(LayersLeave, WhenTheCallerCancels) {
    Client client{server->endpoint(), counted()};
    for (int i = 0; i < 50; ++i) {
        asio::cancellation_signal give_up;
        std::promise<Result<int>> ended;
        client.async_call(
            invoke<int>("later").within(20s),
            asio::bind_cancellation_slot(
                give_up.slot(), [&](Result<int> result) { ended.set_value(std::move(result)); }
            )
        );
        // Some while a layer still awaits, some while the handler runs.
        const std::size_t in = gate.begun();
        if (i % 2 == 0) {
            ASSERT_TRUE(eventually([&] { return gate.begun() > in; }));
        }
        give_up.emit(asio::cancellation_type::terminal);
        const auto result = ended.get_future().get();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::cancelled);
    }
    gate.open();
    expect_settled();
}

TEST_F(LayersLeave, WhenTheDeadlinePasses) {
    Client client{server->endpoint(), counted()};
    ASSERT_TRUE(client.call(invoke<int>("inline").within(20s)));
    for (int i = 0; i < 20; ++i) {
        const auto late = client.call(invoke<int>("later").within(i * 300us));
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code(), Errc::timed_out);
    }
    gate.open();
    expect_settled();
}

TEST_F(LayersLeave, WhenTheServerStopsWithoutGrace) {
    Client client{server->endpoint(), counted()};
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 20; ++i)
        calls.push_back(client.async_call(invoke<int>("later").within(20s), asio::use_future));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 20; }));
    server->stop(0s);
    for (auto& call : calls)
        EXPECT_FALSE(call.get());
    server.reset();  // its coroutines are destroyed with its threads
    expect_settled();
}

TEST_F(LayersLeave, WhenTheClientStops) {
    for (int round = 0; round < 10; ++round) {
        std::vector<std::future<Result<int>>> calls;
        {
            Client client{server->endpoint(), counted()};
            for (int i = 0; i < 10; ++i) {
                calls.push_back(
                    client.async_call(invoke<int>("later").within(20s), asio::use_future)
                );
            }
            if (round % 2 == 0) {
                ASSERT_TRUE(eventually([&] { return gate.begun() > 0; }));
            }
        }
        for (auto& call : calls) {
            const auto result = call.get();
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code(), Errc::shutting_down);
        }
    }
    gate.open();
    expect_settled();
}

TEST_F(LayersLeave, CallsOfAClientThatIsStoppedAlready) {
    Client client{server->endpoint(), counted()};
    client.stop();
    const auto result = client.call(invoke<int>("inline"));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::shutting_down);
    client.notify(invoke<void>("note"));
    expect_settled();
}

// A layer that awaits for ever goes with the loop.
TEST(LayersThatNeverEnd, GoWithTheirServer) {
    Gate never;
    const auto outer = std::make_shared<Turnstile>();
    const auto inner = std::make_shared<Turnstile>();
    {
        Server server;
        server.use(outer);
        server.use([&](Exchange&) { return pass_gate(never); });
        server.use(inner);
        server.handle("f", [] { return 1; });
        server.start();
        Client client{server.endpoint()};
        const auto late = client.call(invoke<int>("f").within(50ms));
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code(), Errc::timed_out);
        EXPECT_EQ(outer->left(), 0U) << "the layer inside of it still awaits";
        server.stop(0s);
    }
    EXPECT_EQ(outer->entered(), 1U);
    EXPECT_TRUE(outer->settles());
    EXPECT_EQ(inner->entered(), 0U);
}

TEST(LayersThatNeverEnd, GoWithTheThreadsOfTheirClient) {
    Gate never;
    const auto outer = std::make_shared<Turnstile>();
    Server server;
    server.handle("f", [] { return 1; });
    server.start();
    {
        ClientOptions options;
        options.io = IoThreads{1};
        options.middleware = {outer, middleware([&](Exchange&) { return pass_gate(never); })};
        Client client{server.endpoint(), std::move(options)};
        const auto late = client.call(invoke<int>("f").within(50ms));
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code(), Errc::timed_out);
        EXPECT_EQ(late.error().sent(), Sent::not_sent);
    }
    EXPECT_EQ(outer->entered(), 1U);
    EXPECT_TRUE(outer->settles());
}

}  // namespace
}  // namespace rollcall::rpc::tests
