// calculator-server: the example server as it should be run, with registries, signals and limits.
#include <rollcall/base/signals.h>
#include <rollcall/inspect/inspector.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "calculator_options.h"

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

namespace calculator {
namespace {

using rollcall::inspect::Inspector;
using rollcall::registry::Registrar;
using rollcall::rpc::Server;

// Connections are descriptors: as many as the system lets this process have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// A coroutine: the I/O thread serves others meanwhile.
asio::awaitable<void> sleep_for_ms(int ms) {
    asio::steady_timer timer{
        co_await asio::this_coro::executor, std::chrono::milliseconds{std::max(ms, 0)}};
    co_await timer.async_wait(asio::use_awaitable);
}

// What clients dial, as far as this process knows it.
std::string advertised_endpoint(const Options& options, const Server& server) {
    if (options.advertise.empty()) return server.endpoint().to_string();
    if (rollcall::Endpoint::parse(options.advertise)) return options.advertise;
    return rollcall::Endpoint{options.advertise, server.endpoint().port()}.to_string();
}

void add_methods(Server& server, const Options& options) {
    server.handle(add, [](int a, int b) -> rollcall::Result<int> {
        int sum = 0;
        if (__builtin_add_overflow(a, b, &sum)) {
            return rollcall::Error{rollcall::Errc::remote_error, "the sum does not fit an int"};
        }
        return sum;
    });
    server.handle(echo, [](rollcall::codec::Raw any) { return any; });
    server.handle(whoami, [&server, options] { return advertised_endpoint(options, server); });
    server.handle(sleep, sleep_for_ms);
    server.handle(fail, [](const std::string& message) { throw std::runtime_error{message}; });
}

std::unique_ptr<Inspector> look_into(const Options& options, const Server& server) {
    if (options.admin.empty()) return nullptr;
    rollcall::inspect::InspectorOptions about;
    about.listen = options.admin;
    about.token = options.token;  // one for callers and for lookers-on
    about.allow_calls = options.admin_calls;
    return std::make_unique<Inspector>(server, std::move(about));
}

// One registrar per registry: each keeps trying on its own.
std::vector<std::unique_ptr<Registrar>> register_in_all(
    const Options& options, const Server& server, const std::string& admin_url
) {
    std::vector<std::unique_ptr<Registrar>> registrars;
    for (const std::string& url : options.registries) {
        rollcall::registry::RegistrarOptions about;
        about.service = options.service;
        about.server = server.endpoint();
        about.advertise = options.advertise;
        about.id = options.id;
        about.access = options.access;
        if (!admin_url.empty()) about.meta["admin"] = admin_url;
        registrars.push_back(std::make_unique<Registrar>(url, std::move(about)));
    }
    return registrars;
}

void run(const Options& options) {
    raise_descriptor_limit();
    if (options.admin_calls && options.admin.empty())
        throw std::invalid_argument{"--admin-calls needs --admin HOST:PORT"};
    Server server{{
        .listen = options.listen,
        .io_threads = options.io_threads,
        .token = options.token,
        .name = "calculator-server",
        .tls = options.tls,
    }};
    add_methods(server, options);
    server.start();
    const auto inspector = look_into(options, server);
    auto registrars = register_in_all(options, server, inspector ? inspector->url() : "");
    std::printf("calculator-server listening on %s\n", server.endpoint().to_string().c_str());
    if (inspector) std::printf("calculator-server admin on %s\n", inspector->url().c_str());
    std::fflush(stdout);

    rollcall::wait_for_signal();
    // No new clients first, then goodbye to those that are connected, then the answers they await.
    for (const auto& registrar : registrars)
        registrar->stop();
    server.stop();
}

}  // namespace
}  // namespace calculator

int main(int argc, char** argv) {
    // From the start, so that a signal that comes early ends the program as cleanly.
    rollcall::hold_signals();
    const auto parsed = calculator::parse_options(argc, argv);
    if (parsed.exit_status) return *parsed.exit_status;
    try {
        calculator::run(parsed.options);
        return 0;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "calculator-server: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "calculator-server: %s\n", error.what());
        return 1;
    }
}
