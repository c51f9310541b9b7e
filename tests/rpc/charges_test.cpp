// What requests cost and how deep their answers may be, at the limits.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// ---- errors with data

// `depth` arrays, one in the other, around a nil.
std::string nested(std::size_t depth) {
    return std::string(depth, '\x91') + "\xc0";
}

class ErrorData : public testing::Test {
protected:
    static constexpr std::size_t kDepth = 10;
    // A response and the array of its error are around the data.
    static constexpr std::size_t kFits = kDepth - 2;

    ErrorData() {
        ServerOptions options;
        options.limits.max_depth = kDepth;
        server.emplace(options);
        const auto fail = [](std::size_t depth) -> Result<int> {
            return Error{Errc::remote_error, "no"}.with_data(nested(depth));
        };
        server->handle("fail", fail);
        server->handle("fail_later", fail, {.run = RunOn::pool});
        server->start();
        ClientOptions client_options;
        client_options.limits.max_depth = kDepth;
        client.emplace(server->endpoint(), client_options);
    }

    Error fail(const char* method, std::size_t depth) {
        return client->call(invoke<int>(method, depth).within(20s)).error();
    }

    std::optional<Server> server;
    std::optional<Client> client;
};

TEST_F(ErrorData, ArrivesUpToTheNestingLimit) {
    for (const char* const method : {"fail", "fail_later"}) {
        for (const std::size_t depth : {kFits - 1, kFits}) {
            const Error error = fail(method, depth);
            EXPECT_EQ(error.code(), Errc::remote_error);
            EXPECT_EQ(error.message(), "no");
            EXPECT_EQ(error.data(), nested(depth));
        }
    }
}

TEST_F(ErrorData, BeyondTheNestingLimitIsLeftOutAndSaidSo) {
    for (const char* const method : {"fail", "fail_later"}) {
        const Error error = fail(method, kFits + 1);
        EXPECT_EQ(error.code(), Errc::remote_error);
        EXPECT_EQ(
            error.message(),
            "no (its data is left out: it would be nested deeper than 10 in the response)"
        );
        EXPECT_EQ(error.data(), "");
    }
    EXPECT_EQ(client->counters().connects, 1U) << "the connection has not been given up";
}

// ---- metadata

TEST(Charges, MetadataIsChargedByItsMemory) {
    TestServer tested;
    Client client{tested.endpoint()};
    auto plain = client.async_call(invoke<std::size_t>("hold", "x").within(20s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    const std::uint64_t one = tested.server.stats().in_flight_bytes;
    // Kept beside the message that it came in.
    auto invocation = invoke<std::size_t>("hold", "x").within(20s);
    constexpr std::size_t kPairs = 400;
    for (std::size_t i = 0; i < kPairs; ++i)
        invocation = std::move(invocation).with("k" + std::to_string(i), "");
    auto rich = client.async_call(std::move(invocation), asio::use_future);
    ASSERT_TRUE(eventually([&] { return tested.gate.begun() == 2; }));
    const std::uint64_t more = tested.server.stats().in_flight_bytes - one;
    constexpr std::size_t kTexts = kPairs * 5;
    EXPECT_GE(more, 2 * kTexts);
    tested.gate.open();
    EXPECT_TRUE(plain.get());
    EXPECT_TRUE(rich.get());
    EXPECT_TRUE(eventually([&] { return tested.server.stats().in_flight_bytes == 0; }));
}

TEST(Charges, MetadataAloneUsesUpTheBudget) {
    ServerOptions options;
    options.max_request_bytes = std::size_t{8} << 10U;
    TestServer tested{options};
    Client client{tested.endpoint()};
    std::vector<std::future<Result<std::size_t>>> calls;
    for (int i = 0; i < 4; ++i) {
        auto invocation = invoke<std::size_t>("hold", "x").within(20s);
        for (std::size_t pair = 0; pair < 400; ++pair)
            invocation = std::move(invocation).with("k" + std::to_string(pair), "");
        calls.push_back(client.async_call(std::move(invocation), asio::use_future));
    }
    // Of each the message has 2 KB, its metadata as much again and the handler 1: two are too many.
    ASSERT_TRUE(eventually([&] { return tested.gate.begun() == 2; }));
    EXPECT_FALSE(eventually([&] { return tested.gate.begun() > 2; }, 50ms));
    tested.gate.open();
    for (auto& call : calls)
        EXPECT_TRUE(call.get());
}

// ---- budgets

TEST(Budgets, ManyOfAMillisecondAtOnceEndOnceEach) {
    constexpr int kCalls = 3000;
    ServerOptions options;
    options.max_in_flight = kCalls;
    options.io_threads = 2;
    Gate gate;
    Server server{options};
    server.handle("wait", [&gate]() -> asio::awaitable<int> {
        Gate& mine = gate;
        co_await mine.pass();
        co_return 1;
    });
    server.handle("add", [](int a, int b) { return a + b; });
    server.start();
    std::atomic<int> ended{0};
    std::atomic<int> late{0};
    {
        ClientOptions client_options;
        client_options.max_in_flight = kCalls;
        std::vector<Client> clients;
        for (int i = 0; i < 3; ++i) {
            clients.emplace_back(server.endpoint(), client_options);
            ASSERT_EQ(clients.back().call(invoke<int>("add", 1, 2).within(20s)).value(), 3);
        }
        for (int i = 0; i < kCalls; ++i) {
            // Neighbours in the queue of deadlines, and all in it at the same time.
            Client& client = clients[static_cast<std::size_t>(i) % clients.size()];
            const Duration budget = 1ms + std::chrono::microseconds{i % 7};
            client.async_call(invoke<int>("wait").within(budget), [&](const Result<int>& result) {
                if (!result && result.error().code() == Errc::timed_out) ++late;
                ++ended;
            });
        }
        EXPECT_TRUE(eventually([&] { return ended == kCalls; }));
        EXPECT_EQ(late, kCalls);
        for (Client& client : clients)
            EXPECT_EQ(client.call(invoke<int>("add", 1, 2).within(20s)).value(), 3);
        gate.open();
    }
    EXPECT_TRUE(eventually([&] { return server.stats().in_flight_bytes == 0; }));
    EXPECT_EQ(ended, kCalls);
}

}  // namespace
}  // namespace rollcall::rpc::tests
