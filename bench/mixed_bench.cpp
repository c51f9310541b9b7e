// What large calls do to small ones: latencies of small calls alone, beside 1 MiB calls on other
// connections, and beside 1 MiB calls on the same one. The server has one I/O thread.
//   mixed-bench [seconds per row]
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "measurement.h"
#include "server_process.h"

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr rpc::Method<std::string(std::string)> kEcho{"echo", rpc::idempotent};
constexpr std::size_t kSmallBytes = 16;
constexpr std::size_t kLargeBytes = std::size_t{1} << 20U;
constexpr std::size_t kSmallInFlight = 16;

// Who makes large calls, one at a time each.
struct Row {
    const char* name;
    std::size_t on_others;  // connections of their own
    std::size_t on_same;    // on that of the small calls
    std::size_t server_threads;
};

constexpr Row kRows[] = {
    {"alone", 0, 0, 1},
    {"1 on another connection", 1, 0, 1},
    {"4 on others", 4, 0, 1},
    {"4 on others, 2 I/O threads", 4, 0, 2},
    {"1 on the same connection", 0, 1, 1},
    {"4 on the same", 0, 4, 1},
};

void serve(std::size_t threads, const Listening& listening) {
    rpc::ServerOptions options;
    options.io_threads = threads;
    rpc::Server server{options};
    server.handle("echo", [](std::string_view text) { return text; });
    server.start();
    listening(server.endpoint().port());
    for (;;)
        ::pause();
}

// Of the client's I/O thread.
class Load {
public:
    explicit Load(Measurement& small) : small_(small) {}

    asio::awaitable<void> call_small(rpc::Client& client) {
        const std::string payload(kSmallBytes, 'x');
        TimePoint sent = SteadyClock::now();
        while (!small_.is_over(sent)) {
            const Result<std::string> reply = co_await client.async_call(kEcho(payload));
            const TimePoint now = SteadyClock::now();
            reply ? small_.add(sent, now) : small_.add_failure();
            sent = now;
        }
    }

    asio::awaitable<void> call_large(rpc::Client& client) {
        const std::string payload(kLargeBytes, 'x');
        while (!small_.is_over(SteadyClock::now())) {
            const Result<std::string> reply = co_await client.async_call(kEcho(payload));
            if (!reply) small_.add_failure();
            ++large_;
        }
    }

    [[nodiscard]] std::size_t large() const { return large_; }

private:
    Measurement& small_;
    std::size_t large_ = 0;
};

void measure(const Row& row, double seconds) {
    const ServerProcess server{
        [&](const Listening& listening) { serve(row.server_threads, listening); }, 0};
    pin_to(1);
    const auto time = std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
    const rpc::IoThreads io{1};
    rpc::ClientOptions options;
    options.io = io;
    std::vector<std::unique_ptr<rpc::Client>> clients;
    for (std::size_t i = 0; i <= row.on_others; ++i) {
        clients.push_back(std::make_unique<rpc::Client>(server.endpoint(), options));
        clients.back()->wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    }
    Measurement small{server.pid(), time / 4, time};
    Load load{small};
    std::vector<std::future<void>> ends;
    const auto spawn = [&](asio::awaitable<void> calls) {
        ends.push_back(asio::co_spawn(io.executor(), std::move(calls), asio::use_future));
    };
    small.begin();
    for (std::size_t i = 0; i < kSmallInFlight; ++i)
        spawn(load.call_small(*clients.front()));
    for (std::size_t i = 1; i <= row.on_others; ++i)
        spawn(load.call_large(*clients[i]));
    for (std::size_t i = 0; i < row.on_same; ++i)
        spawn(load.call_large(*clients.front()));
    for (std::future<void>& end : ends)
        end.get();
    std::printf(
        "%-28s %10.0f %10.1f %10.1f %10.1f %12.0f\n",
        row.name,
        small.calls_per_second(),
        small.latencies().quantile_us(0.5),
        small.latencies().quantile_us(0.99),
        small.latencies().quantile_us(0.999),
        static_cast<double>(load.large()) / (1.25 * seconds)
    );
    if (small.failures() > 0)
        std::printf("  %llu calls failed\n", static_cast<unsigned long long>(small.failures()));
    std::fflush(stdout);
}

int compare(double seconds) {
    if (!(seconds > 0)) {
        std::fputs("usage: mixed-bench [SECONDS PER ROW]\n", stderr);
        return 2;
    }
    std::printf("small calls, 16 in flight, beside calls of 1 MiB\n");
    std::printf(
        "large calls                     calls/s     p50 us     p99 us   p99.9 us     large/s\n"
    );
    for (const Row& row : kRows)
        measure(row, seconds);
    return 0;
}

}  // namespace
}  // namespace rollcall::bench

int main(int count, char** arguments) {
    try {
        return rollcall::bench::compare(count > 1 ? std::strtod(arguments[1], nullptr) : 2.0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mixed-bench: %s\n", error.what());
        return 1;
    }
}
