// Rollcall as its users write it: one server with one I/O thread, clients on one I/O thread.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "contender.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace rollcall::bench {
namespace {

constexpr rpc::Method<std::string(std::string)> kEcho{"echo", rpc::idempotent};

// What all calls in flight share; used on the client's I/O thread only.
struct Load {
    Measurement& measurement;
    std::string payload;
    std::size_t running = 0;
    std::promise<void> over;

    void end() {
        if (--running == 0) over.set_value();
    }

    // False when the measurement is over.
    [[nodiscard]] bool count(TimePoint sent, const Result<std::string>& reply) {
        const TimePoint now = SteadyClock::now();
        if (reply) {
            measurement.add(sent, now);
        } else {
            measurement.add_failure();
        }
        return !measurement.is_over(now);
    }
};

void call_again(rpc::Client& client, Load& load) {
    const TimePoint sent = SteadyClock::now();
    client.async_call(
        kEcho(load.payload),
        [&client, &load, sent](const Result<std::string>& reply) {
            if (load.count(sent, reply)) return call_again(client, load);
            load.end();
        }
    );
}

asio::awaitable<void> call_in_a_loop(rpc::Client& client, Load& load) {
    for (;;) {
        const TimePoint sent = SteadyClock::now();
        const Result<std::string> reply = co_await client.async_call(kEcho(load.payload));
        if (!load.count(sent, reply)) break;
    }
    load.end();
}

}  // namespace

void serve_rollcall(const Listening& listening) {
    rpc::Server server;
    server.handle("echo", [](std::string_view text) { return text; });
    server.start();
    listening(server.endpoint().port());
    for (;;)
        ::pause();
}

void load_rollcall(
    const Endpoint& server, const Workload& workload, Measurement& measurement, bool coroutines
) {
    const rpc::IoThreads io{1};
    rpc::ClientOptions options;
    options.io = io;
    std::vector<std::unique_ptr<rpc::Client>> clients;
    Load load{measurement, std::string(workload.payload_bytes, 'x'), 0, {}};
    load.running = workload.connections * workload.in_flight;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        clients.push_back(std::make_unique<rpc::Client>(server, options));
        clients.back()->wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    }
    for (const auto& client : clients) {
        for (std::size_t i = 0; i < workload.in_flight; ++i) {
            if (coroutines) {
                asio::co_spawn(io.executor(), call_in_a_loop(*client, load), asio::detached);
            } else {
                asio::post(io.executor(), [&caller = *client, &load] { call_again(caller, load); });
            }
        }
    }
    load.over.get_future().wait();
}

}  // namespace rollcall::bench
