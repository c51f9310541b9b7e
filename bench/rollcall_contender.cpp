// Rollcall as its users write it: one server with one I/O thread, clients on one I/O thread.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

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

enum class Features {
    plain,     // MessagePack-RPC and nothing else; the limits stay, there is no way without
    defaults,  // what a program gets that sets nothing
    metadata,  // and what each call may say: how long it may take, and a pair of metadata
    all,       // and layers that make ids and traces for each call, on both sides
};

enum class Style { callbacks, coroutines, blocking };

// What all calls in flight share; used on the client's I/O thread only.
struct Load {
    Measurement& measurement;
    std::string payload;
    Features features;
    std::size_t running = 0;
    std::promise<void> over;

    void end() {
        if (--running == 0) over.set_value();
    }

    [[nodiscard]] rpc::Invocation<std::string> invocation() const {
        auto echo = kEcho(payload);
        if (features < Features::metadata) return echo;
        return std::move(echo).within(std::chrono::seconds{2}).with("tenant", "blue");
    }

    // When the next call begins: one look at the clock for each call, as every contender.
    [[nodiscard]] TimePoint count(TimePoint sent, const Result<std::string>& reply) const {
        const TimePoint now = SteadyClock::now();
        if (reply) {
            measurement.add(sent, now);
        } else {
            measurement.add_failure();
        }
        return now;
    }
};

void call_again(rpc::Client& client, Load& load, TimePoint sent) {
    client.async_call(load.invocation(), [&client, &load, sent](const Result<std::string>& reply) {
        const TimePoint now = load.count(sent, reply);
        if (!load.measurement.is_over(now)) return call_again(client, load, now);
        load.end();
    });
}

asio::awaitable<void> call_in_a_loop(rpc::Client& client, Load& load) {
    TimePoint sent = SteadyClock::now();
    while (!load.measurement.is_over(sent)) {
        auto echo = load.invocation();
        const Result<std::string> reply = co_await client.async_call(std::move(echo));
        sent = load.count(sent, reply);
    }
    load.end();
}

void call_blocking(rpc::Client& client, const Load& load) {
    TimePoint sent = SteadyClock::now();
    while (!load.measurement.is_over(sent))
        sent = load.count(sent, client.call(load.invocation()));
}

rpc::Middlewares layers(Features features) {
    if (features != Features::all) return {};
    rpc::TraceOptions options;
    options.sample = 0.01;
    options.exporter = [](const rpc::Span&) {};
    return {rpc::request_ids(), rpc::trace(options)};
}

rpc::ServerOptions server_options(Features features) {
    rpc::ServerOptions options;
    options.middleware = layers(features);
    if (features == Features::plain) {
        options.count_calls = false;
        options.keepalive_interval = Duration::zero();
        options.watchdog_threshold = Duration::zero();
    }
    return options;
}

rpc::ClientOptions client_options(Features features, const rpc::IoThreads& io) {
    rpc::ClientOptions options;
    options.io = io;
    options.middleware = layers(features);
    if (features == Features::plain) {
        options.hello = false;
        options.keepalive_interval = Duration::zero();
    }
    return options;
}

asio::awaitable<std::string> echo_later(std::string text) {
    co_return text;
}

void serve(Features features, Style style, const Listening& listening) {
    rpc::Server server{server_options(features)};
    if (style == Style::coroutines) {
        server.handle("echo", echo_later);
    } else {
        server.handle("echo", [](std::string_view text) { return text; });
    }
    server.start();
    listening(server.endpoint().port());
    for (;;)
        ::pause();
}

void load(
    Features features,
    Style style,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
) {
    const rpc::IoThreads io{1};
    std::vector<std::unique_ptr<rpc::Client>> clients;
    Load load{measurement, std::string(workload.payload_bytes, 'x'), features, 0, {}};
    load.running = workload.connections * workload.in_flight;
    for (std::size_t i = 0; i < workload.connections; ++i) {
        clients.push_back(std::make_unique<rpc::Client>(server, client_options(features, io)));
        clients.back()->wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    }
    measurement.begin();
    if (style == Style::blocking) return call_blocking(*clients.front(), load);
    for (const auto& client : clients) {
        for (std::size_t i = 0; i < workload.in_flight; ++i) {
            if (style == Style::coroutines) {
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
    std::string_view name, Features features, Style handlers, Style calls, Traffic traffic
) {
    return {
        name,
        [=](const Listening& listening) { serve(features, handlers, listening); },
        [=](const Endpoint& server, const Workload& workload, Measurement& measurement) {
            load(features, calls, server, workload, measurement);
        },
        traffic};
}

}  // namespace

Contenders rollcall_contenders() {
    using enum Features;
    using enum Style;
    return {
        contender("rollcall", defaults, callbacks, callbacks, Traffic::any),
        contender("rollcall-plain", plain, callbacks, callbacks, Traffic::any),
        contender("rollcall-metadata", metadata, callbacks, callbacks, Traffic::any),
        contender("rollcall-everything", all, callbacks, callbacks, Traffic::any),
        contender("rollcall-coroutine", defaults, callbacks, coroutines, Traffic::any),
        contender("rollcall-handlers", defaults, coroutines, callbacks, Traffic::any),
        contender("rollcall-blocking", defaults, callbacks, blocking, Traffic::one_call_at_a_time),
    };
}

}  // namespace rollcall::bench
