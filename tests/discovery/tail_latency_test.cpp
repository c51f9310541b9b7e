// What choosing and hedging do to the slowest calls: ratios to a control run of the same minute.
#include "discovery/service_fixture.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <mutex>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

constexpr rpc::Method<int()> work{"work", rpc::idempotent};

// Answers after a while, of which it has several kinds.
class PacedServer {
public:
    // `pace` says how long the n-th call takes.
    explicit PacedServer(std::function<Duration(std::uint64_t n)> pace)
        : pace_(std::move(pace)), server_(options()) {
        server_.handle(work, [this]() -> asio::awaitable<int> {
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_after(pace_(++calls));
            co_await timer.async_wait(asio::use_awaitable);
            co_return 1;
        });
        server_.start();
    }

    [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

    std::atomic<std::uint64_t> calls{0};

private:
    static rpc::ServerOptions options() {
        rpc::ServerOptions options;
        options.listen = "127.0.0.1:0";
        options.log = Log::none();
        return options;
    }

    const std::function<Duration(std::uint64_t n)> pace_;
    rpc::Server server_;
};

struct Tail {
    Duration p50{0};
    Duration p99{0};
    Duration p999{0};
    std::size_t failed = 0;
    std::size_t calls = 0;
};

// Eight callers, each with one call under way.
Tail measure(ServiceClient& client, Duration time) {
    std::mutex mutex;
    std::vector<Duration> all;
    Tail tail;
    std::vector<std::thread> callers;
    const TimePoint end = SteadyClock::now() + time;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&] {
            std::vector<Duration> mine;
            std::size_t failed = 0;
            for (TimePoint now = SteadyClock::now(); now < end;) {
                failed += client.call(work()) ? 0U : 1U;
                const TimePoint after = SteadyClock::now();
                mine.push_back(after - now);
                now = after;
            }
            const std::lock_guard lock{mutex};
            all.insert(all.end(), mine.begin(), mine.end());
            tail.failed += failed;
        });
    }
    for (std::thread& caller : callers)
        caller.join();
    std::sort(all.begin(), all.end());
    const auto at = [&](double part) {
        return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
    };
    tail.p50 = at(0.5);
    tail.p99 = at(0.99);
    tail.p999 = at(0.999);
    tail.calls = all.size();
    return tail;
}

void print(const char* what, const Tail& tail) {
    const auto ms = [](Duration time) {
        return std::chrono::duration<double, std::milli>(time).count();
    };
    std::printf(
        "%-34s %8zu calls  p50 %7.2f ms  p99 %7.2f ms  p99.9 %7.2f ms  failed %zu\n",
        what,
        tail.calls,
        ms(tail.p50),
        ms(tail.p99),
        ms(tail.p999),
        tail.failed
    );
}

class TailLatency : public ::testing::Test {
protected:
    // Five servers; the first takes ten times as long if it is slow.
    void start_fleet(bool one_is_slow) {
        servers.clear();
        endpoints.clear();
        for (int i = 0; i < 5; ++i) {
            const Duration pace = one_is_slow && i == 0 ? 50ms : 5ms;
            servers.push_back(std::make_unique<PacedServer>([pace](std::uint64_t) { return pace; })
            );
            endpoints.push_back(servers.back()->endpoint());
        }
    }

    Tail run(const char* what, SelectMode mode) {
        ServiceClientOptions options;
        options.select = mode;
        options.client.log = Log::none();
        ServiceClient client{InMemoryDiscovery{endpoints}, options};
        const Tail tail = measure(client, 6s);
        print(what, tail);
        EXPECT_EQ(tail.failed, 0U);
        return tail;
    }

    std::vector<std::unique_ptr<PacedServer>> servers;
    std::vector<Endpoint> endpoints;
};

TEST_F(TailLatency, OneOfFiveServersTenTimesSlower) {
    start_fleet(false);
    const Tail control = run("all alike, least_loaded", SelectMode::least_loaded);
    start_fleet(true);
    const Tail loaded = run("one slow, least_loaded", SelectMode::least_loaded);
    const Tail turns = run("one slow, round_robin", SelectMode::round_robin);
    EXPECT_LE(loaded.p99, control.p99 * 3 / 2);
    EXPECT_GT(turns.p99, control.p99 * 3) << "otherwise this shows nothing";
}

TEST_F(TailLatency, HedgingCutsWhatOnePercentOfSlowAnswersDo) {
    for (int i = 0; i < 3; ++i) {
        // Every hundredth, but not at the same time in all of them.
        servers.push_back(std::make_unique<PacedServer>([i](std::uint64_t n) -> Duration {
            return (n * 7 + static_cast<std::uint64_t>(i) * 31) % 100 == 0 ? 200ms : 2ms;
        }));
        endpoints.push_back(servers.back()->endpoint());
    }
    const auto total = [&] {
        std::uint64_t sum = 0;
        for (const auto& server : servers)
            sum += server->calls;
        return sum;
    };
    const Tail plain = run("1 % slow answers, no hedging", SelectMode::round_robin);
    const std::uint64_t before = total();
    ServiceClientOptions options;
    options.hedge = {.quantile = 0.98, .ratio = 0.03};
    options.client.log = Log::none();
    ServiceClient client{InMemoryDiscovery{endpoints}, options};
    static_cast<void>(measure(client, 1s));  // until it knows what is usual
    const std::uint64_t warm = total();
    const Tail hedged = measure(client, 6s);
    print("1 % slow answers, hedged", hedged);
    const double extra =
        static_cast<double>(total() - warm) / static_cast<double>(hedged.calls) - 1;
    std::printf("extra calls: %.2f %%\n", extra * 100);
    EXPECT_GT(warm, before);
    EXPECT_EQ(hedged.failed, 0U);
    EXPECT_GE(plain.p999, hedged.p999 * 5);
    EXPECT_LE(extra, 0.03);
}

}  // namespace
}  // namespace rollcall::discovery
