// Four times as much as a server can do: what it does is not less for that, and not late.

#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "registry_faults.h"
#include "support/eventually.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>
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
constexpr Duration kControl = 500ms;
constexpr Duration kOverload = 1s;  // no shorter than the lease

// What a database or another service does to a thread: it waits.
void work() {
    std::mutex mutex;
    std::condition_variable nobody;
    std::unique_lock lock{mutex};
    static_cast<void>(nobody.wait_for(lock, kWork, [] { return false; }));
}

struct Round {
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;    // certainly not executed
    std::uint64_t failed = 0;     // in any other way
    std::vector<Duration> times;  // of those that were answered, sorted in the end
    Duration length{0};

    [[nodiscard]] double per_second(std::uint64_t calls) const {
        return static_cast<double>(calls) / std::chrono::duration<double>(length).count();
    }

    [[nodiscard]] Duration p99() const {
        return times.empty() ? Duration::zero() : times[times.size() * 99 / 100];
    }
};

asio::awaitable<void> keep_calling(Client& client, TimePoint ends, Duration pause, Round& round) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (SteadyClock::now() < ends) {
        const TimePoint begun = SteadyClock::now();
        auto call = invoke<void>("work");
        const Result<void> result = co_await client.async_call(std::move(call));
        const TimePoint ended = SteadyClock::now();
        if (result) {
            // What is under way at the end is none of the round's work.
            if (ended < ends) ++round.answered;
            round.times.push_back(ended - begun);
            continue;
        }
        const Error& error = result.error();
        const bool refused = error.code() == Errc::overloaded && error.sent() == Sent::not_sent;
        ++(refused ? round.refused : round.failed);
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
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
    // come back after a pause, as those do that have other servers to ask. On one thread, so that
    // what is measured is the server's time rather than that of many threads that want to run.
    Round run(std::size_t callers, Duration length, Duration pause) {
        constexpr std::size_t kCallersOfAClient = 5;
        Round round;
        round.length = length;
        asio::io_context context;
        std::vector<std::unique_ptr<Client>> clients;
        const TimePoint ends = SteadyClock::now() + length;
        for (std::size_t i = 0; i < callers; ++i) {
            if (i % kCallersOfAClient == 0)
                clients.push_back(std::make_unique<Client>(server.endpoint()));
            asio::co_spawn(
                context, keep_calling(*clients.back(), ends, pause, round), asio::detached
            );
        }
        context.run();
        std::sort(round.times.begin(), round.times.end());
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
    for (int attempt = 0; attempt < 3 && !held; ++attempt) {
        // Some always wait and none is refused: no thread of the pool is ever without work.
        const Round capacity = run(8, kControl, 1ms);
        const Round overload = run(40, kOverload, 8ms);
        const double rate = capacity.per_second(capacity.answered);
        const double goodput = overload.per_second(overload.answered) / rate;
        const double offered = overload.per_second(overload.answered + overload.refused) / rate;
        const Duration bound = kMaxQueue + capacity.p99() + 20ms;
        std::printf(
            "capacity %.0f/s, p99 %.1f ms; offered %.1f times that: goodput %.2f, p99 %.1f ms "
            "(bound %.1f), refused %llu\n",
            rate,
            milliseconds(capacity.p99()),
            offered,
            goodput,
            milliseconds(overload.p99()),
            milliseconds(bound),
            static_cast<unsigned long long>(overload.refused)
        );
        EXPECT_EQ(capacity.failed + overload.failed, 0U);
        held = goodput >= 0.9 && offered >= 4 && overload.p99() <= bound;
    }
    EXPECT_TRUE(held);
    EXPECT_EQ(status("expired"), 0);
    EXPECT_EQ(listed().size(), 1U);
    EXPECT_TRUE(server.endpoint().alive());
    EXPECT_GT(server.stats().overloaded, 0U);
}

}  // namespace
}  // namespace rollcall::tests
