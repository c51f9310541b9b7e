// Rollcall as its users write it: one server with one I/O thread, clients on one I/O thread.

#include "contender.h"
#include "rollcall_caller.h"
#include "rollcall_load.h"
#include "rollcall_server.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::bench {
namespace {

enum class Calls { callbacks, coroutines, blocking };

asio::awaitable<void> call_in_a_loop(rpc::Client& client, RollcallLoad& load) {
    TimePoint sent = SteadyClock::now();
    while (!load.measurement.is_over(sent)) {
        auto echo = echo_of(load.payload, load.features);
        const Result<std::string> reply = co_await client.async_call(std::move(echo));
        sent = load.count(sent, reply);
    }
    load.end();
}

void call_blocking(rpc::Client& client, const RollcallLoad& load) {
    TimePoint sent = SteadyClock::now();
    while (!load.measurement.is_over(sent))
        sent = load.count(sent, client.call(echo_of(load.payload, load.features)));
}

void load(
    Features features,
    Calls calls,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    const rpc::IoThreads io{1};
    std::vector<std::unique_ptr<rpc::Client>> clients;
    RollcallLoad load{measurement, std::string(workload.payload_bytes, 'x'), features, 0, {}};
    load.running = workload.connections * workload.in_flight;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        rpc::ClientOptions options = client_options(features);
        options.io = io;
        clients.push_back(std::make_unique<rpc::Client>(server, std::move(options)));
        clients.back()->wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    }
    measurement.begin();
    if (calls == Calls::blocking) return call_blocking(*clients.front(), load);
    for (const auto& client : clients) {
        for (std::size_t i = 0; i < workload.in_flight; ++i) {
            if (calls == Calls::coroutines) {
                asio::co_spawn(io.executor(), call_in_a_loop(*client, load), asio::detached);
            } else {
                asio::post(io.executor(), [&caller = *client, &load] {
                    call_again(caller, load, SteadyClock::now());
                });
            }
        }
    }
    load.over.get_future().wait();
}

Contender contender(
    std::string_view name,
    Features features,
    Calls calls = Calls::callbacks,
    Handlers handlers = Handlers::plain
) {
    Contender made;
    made.name = name;
    // The options are made in the process that uses them, since layers may have threads.
    made.serve = [=](const Listening& listening) {
        serve_rollcall(server_options(features), handlers, listening);
    };
    made.load = [=](const Endpoint& server, const Workload& workload, Measurement& measurement) {
        load(features, calls, server, workload, measurement);
    };
    made.connect = [=](const Endpoint& server, std::size_t payload_bytes) {
        return connect_rollcall(features, server, payload_bytes);
    };
    made.encrypted = features == Features::encrypted;
    return made;
}

Contender of_connections(Contender contender) {
    contender.connections = true;
    return contender;
}

Contender of_threads(Contender contender) {
    contender.traffic = Traffic::one_call_at_a_time;
    contender.threads = Threads::share_a_client;
    return contender;
}

// What more I/O threads of the server are good for; the load has one all the same.
Contender with_io_threads(std::string_view name, std::size_t threads) {
    Contender made = contender(name, Features::defaults);
    made.serve = [=](const Listening& listening) {
        rpc::ServerOptions options = server_options(Features::defaults);
        options.io_threads = threads;
        serve_rollcall(std::move(options), Handlers::plain, listening);
    };
    made.unpinned = true;
    return made;
}

}  // namespace

Contenders rollcall_contenders() {
    using enum Features;
    return {
        of_connections(contender("rollcall", defaults)),
        of_connections(contender("rollcall-tls", encrypted)),
        contender("rollcall-plain", plain),
        contender("rollcall-metadata", metadata),
        contender("rollcall-everything", all),
        contender("rollcall-coroutine", defaults, Calls::coroutines),
        contender("rollcall-handlers", defaults, Calls::callbacks, Handlers::coroutines),
        of_threads(contender("rollcall-blocking", defaults, Calls::blocking)),
        with_io_threads("rollcall-1-io", 1),
        with_io_threads("rollcall-2-io", 2),
    };
}

}  // namespace rollcall::bench
