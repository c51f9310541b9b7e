// Cuts the connection after each byte of a scenario, in both directions, by FIN and by RST. Goal:
// whatever the moment, each call completes exactly once and in time, and none that says `not_sent`
// was executed.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/cutting_proxy.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::CuttingProxy;

enum Kind : std::size_t { inlined, awaited, pooled, failing, repeatable, noted, kinds };

class CutSweep
    : public testing::TestWithParam<std::tuple<CuttingProxy::Direction, CuttingProxy::How>> {
protected:
    // How often each call of one run was executed.
    using Executions = std::array<std::atomic<int>, kinds>;

    struct Run {
        std::uint64_t bytes = 0;
        std::array<std::atomic<int>, kinds> completions{};
        std::array<std::promise<Result<int>>, kinds> promises;
        std::vector<Result<int>> results;
    };

    CutSweep() {
        client_options.io = IoThreads{1};
        client_options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        client_options.call_timeout = 10s;
        server.handle("i", [this](int run) { return count(run, inlined); });
        server.handle("a", [this](int run) -> asio::awaitable<int> {
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            co_return count(run, awaited);
        });
        server.handle("p", [this](int run) { return count(run, pooled); }, {.run = RunOn::pool});
        server.handle("f", [this](int run) -> Result<int> {
            return Error{Errc::remote_error, std::to_string(count(run, failing))};
        });
        server.handle("r", [this](int run) { return count(run, repeatable); });
        server.handle("n", [this](int run) { count(run, noted); });
        server.start();
    }

    int count(int run, Kind kind) { return ++executions.at(static_cast<std::size_t>(run))[kind]; }

    // All calls at once over a new connection that is cut after `bytes` bytes. What was forwarded.
    std::uint64_t play(Run& run, int number, std::uint64_t bytes) {
        run.bytes = bytes;
        const auto [direction, how] = GetParam();
        const CuttingProxy proxy{server.endpoint(), {direction, bytes, how}};
        Client client{proxy.endpoint(), client_options};
        const auto start = [&](Kind kind, Invocation<int> invocation) {
            client.async_call(std::move(invocation), [&run, kind](Result<int> result) {
                if (++run.completions[kind] == 1) run.promises[kind].set_value(std::move(result));
            });
        };
        start(inlined, invoke<int>("i", number));
        start(awaited, invoke<int>("a", number));
        client.notify(invoke<void>("n", number));
        start(pooled, invoke<int>("p", number));
        start(failing, invoke<int>("f", number));
        start(repeatable, invoke<int>("r", number).idempotent());
        for (std::size_t kind = 0; kind < noted; ++kind)
            run.results.push_back(run.promises[kind].get_future().get());
        return proxy.forwarded(direction);
    }

    void check(const Run& run, const Executions& executed) const {
        for (std::size_t kind = 0; kind < noted; ++kind) {
            SCOPED_TRACE(
                "cut after byte " + std::to_string(run.bytes) + ", call " + std::to_string(kind)
            );
            const Result<int>& result = run.results[kind];
            EXPECT_EQ(run.completions[kind], 1);
            EXPECT_LE(executed[kind], kind == repeatable ? 2 : 1);
            EXPECT_FALSE(kind == failing && result);
            if (result || result.error().code() == Errc::remote_error) {
                EXPECT_GE(executed[kind], 1);
                continue;
            }
            EXPECT_NE(result.error().code(), Errc::timed_out) << result.error().to_string();
            const bool not_sent = result.error().sent() == Sent::not_sent;
            EXPECT_FALSE(not_sent && executed[kind] > 0) << result.error().to_string();
        }
        EXPECT_LE(executed[noted], 1);
    }

    static constexpr std::size_t kMaxRuns = 1000;

    ClientOptions client_options;
    std::vector<Executions> executions{kMaxRuns};
    Server server;
};

TEST_P(CutSweep, EachByte) {
    std::vector<std::unique_ptr<Run>> runs;
    const auto play_next = [&](std::uint64_t bytes) {
        runs.push_back(std::make_unique<Run>());
        return play(*runs.back(), static_cast<int>(runs.size()) - 1, bytes);
    };
    const std::uint64_t whole = play_next(UINT64_MAX);
    ASSERT_GT(whole, 50U);
    ASSERT_LT(whole, kMaxRuns - 1);
    for (std::uint64_t bytes = 0; bytes <= whole; ++bytes)
        play_next(bytes);
    // All that could still be executed has been when the server has stopped.
    server.stop();
    for (std::size_t i = 0; i < runs.size(); ++i)
        check(*runs[i], executions[i]);
    EXPECT_TRUE(runs[0]->results[inlined]) << "nothing was cut in the first run";
    EXPECT_EQ(server.stats().connections, 0U);
}

std::string name_of_case(const testing::TestParamInfo<CutSweep::ParamType>& info) {
    const auto [direction, how] = info.param;
    return std::string{direction == CuttingProxy::Direction::to_server ? "Requests" : "Replies"} +
           (how == CuttingProxy::How::fin ? "Fin" : "Rst");
}

INSTANTIATE_TEST_SUITE_P(
    Client,
    CutSweep,
    testing::Combine(
        testing::Values(CuttingProxy::Direction::to_server, CuttingProxy::Direction::to_client),
        testing::Values(CuttingProxy::How::fin, CuttingProxy::How::rst)
    ),
    name_of_case
);

}  // namespace
}  // namespace rollcall::rpc
