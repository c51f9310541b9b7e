// Four times as much as a server can do: what it does is not less for that, and not late.

#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "registry_faults.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;
using rpc::Client;
using rpc::invoke;
using rpc::RunOn;
using rpc::Server;
using rpc::ServerOptions;

constexpr Duration kWork = 4ms;       // of one call, on one of two threads
constexpr Duration kMaxQueue = 40ms;  // what a call may wait
constexpr Duration kRound = 1s;

// What a database or another service does to a thread: it waits.
void work() {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock{mutex};
    static_cast<void>(nobody.wait_for(lock, kWork, [] { return false; }));
}

struct Round {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;  // certainly not executed
    std::uint64_t failed = 0;   // in any other way
    Duration p99{0};            // of those that were answered
};

// Certainly not executed.
bool is_refusal(const Error& error) {
    return error.code() == Errc::overloaded && error.sent() == Sent::not_sent;
}

class OverloadedServer : public RegistryFaults {
protected:
    OverloadedServer() : server(options()) {
        server.handle("work", work, {.run = RunOn::pool});
        server.start();
    }

    static ServerOptions options() {
        ServerOptions options;
        options.pool_threads = 2;
        options.max_pool_queue = 16;
        options.max_queue_time = kMaxQueue;
        return options;
    }

    // So many callers, each of which calls again as soon as it is answered; those that are refused
    // come back after a pause, as those do that have other servers to ask.
    Round run(std::size_t callers, Duration pause) {
        Round round;
        std::vector<Duration> times;
        std::mutex mutex;
        std::vector<std::jthread> threads;
        const TimePoint ends = SteadyClock::now() + kRound;
        for (std::size_t i = 0; i < callers; ++i) {
            threads.emplace_back([&] {
                Client client{server.endpoint()};
                while (SteadyClock::now() < ends) {
                    const TimePoint begun = SteadyClock::now();
                    const auto result = client.call(invoke<void>("work"));
                    const Duration taken = SteadyClock::now() - begun;
                    std::unique_lock lock{mutex};
                    if (result) {
                        ++round.answered;
                        times.push_back(taken);
                    } else if (is_refusal(result.error())) {
                        ++round.refused;
                        std::condition_variable nobody;
                        static_cast<void>(nobody.wait_for(lock, pause, [] { return false; }));
                    } else {
                        ++round.failed;
                    }
                }
            });
        }
        threads.clear();
        std::sort(times.begin(), times.end());
        if (!times.empty()) round.p99 = times[times.size() * 99 / 100];
        return round;
    }

    Server server;
};

double milliseconds(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

TEST_F(OverloadedServer, AtFourTimesItsCapacityItDoesAsMuchAndIsNotLate) {
    // Three heartbeats a second; who misses three of them is taken off the list.
    start({"--ttl", "1"});
    registry::Registrar registrar{url_, {.service = kService, .server = server.endpoint()}};
    ASSERT_TRUE(eventually([&] { return listed().size() == 1; }));
    bool held = false;
    for (int attempt = 0; attempt < 2 && !held; ++attempt) {
        const Round capacity = run(2, 1ms);
        const Round overload = run(40, 8ms);
        const double goodput =
            static_cast<double>(overload.answered) / static_cast<double>(capacity.answered);
        const double offered = static_cast<double>(overload.answered + overload.refused) /
                               static_cast<double>(capacity.answered);
        const Duration bound = kMaxQueue + 2 * capacity.p99 + 20ms;
        std::printf(
            "capacity %llu/s, p99 %.1f ms; offered %.1f times that: goodput %.2f, p99 %.1f ms "
            "(bound %.1f), refused %llu\n",
            static_cast<unsigned long long>(capacity.answered),
            milliseconds(capacity.p99),
            offered,
            goodput,
            milliseconds(overload.p99),
            milliseconds(bound),
            static_cast<unsigned long long>(overload.refused)
        );
        EXPECT_EQ(capacity.failed + overload.failed, 0U);
        held = goodput >= 0.9 && offered >= 4 && overload.p99 <= bound;
    }
    EXPECT_TRUE(held);
    EXPECT_EQ(status("expired"), 0);
    EXPECT_EQ(listed().size(), 1U);
    EXPECT_TRUE(server.endpoint().alive());
    EXPECT_GT(server.stats().overloaded, 0U);
}

}  // namespace
}  // namespace rollcall::tests
