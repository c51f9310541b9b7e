#include "serving.h"

#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "contract.h"
#include "site.h"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <chrono>
#include <string_view>
#include <unistd.h>

namespace rollcall::soak {
namespace {

asio::awaitable<int> add_later(int a, int b) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    co_return a + b;
}

asio::awaitable<Result<int>> ask_back(rpc::Peer peer, int a, int b) {
    Result<int> sum = co_await peer.async_call(kAdd(a, b));
    co_return sum;
}

asio::awaitable<int> sleep_for(int milliseconds) {
    asio::steady_timer timer{
        co_await asio::this_coro::executor, std::chrono::milliseconds{milliseconds}};
    co_await timer.async_wait(asio::use_awaitable);
    co_return milliseconds;
}

asio::awaitable<void> count(int to, rpc::StreamWriter<int> out) {
    for (int i = 1; i <= to; ++i) {
        Result<void> written = co_await out.async_write(i);
        if (!written) co_return;
    }
}

asio::awaitable<int> sum(rpc::StreamReader<int> in) {
    int total = 0;
    while (auto number = (co_await in.async_read()).value())
        total += *number;
    co_return total;
}

asio::awaitable<void> twice(rpc::StreamReader<int> in, rpc::StreamWriter<int> out) {
    while (auto number = (co_await in.async_read()).value())
        (co_await out.async_write(2 * *number)).value();
}

asio::awaitable<void> endless(rpc::StreamWriter<int> out) {
    for (int i = 0;; i = (i + 1) % 1000) {
        Result<void> written = co_await out.async_write(i);
        if (!written) co_return;
    }
}

void add_methods(rpc::Server& server) {
    const auto add = [](int a, int b) { return a + b; };
    server.handle(kAdd, add);
    server.handle(kAddLater, add_later);
    server.handle(kAddOnPool, add, {.run = rpc::RunOn::pool});
    server.handle(kEcho.name(), [](std::string_view text) { return text; });
    server.handle(kAskBack, [](rpc::Context& context, int a, int b) {
        return ask_back(context.peer(), a, b);
    });
    server.handle(kSleep, sleep_for);
    server.handle(kRefuse, []() -> Result<int> {
        return Error{Errc::remote_error, std::string{kRefusal}};
    });
    server.handle(kCount, count);
    server.handle(kSum, sum);
    server.handle(kTwice, twice);
    server.handle(kEndless, endless);
}

registry::RegistrarOptions registration(std::string_view service, const rpc::Server& server) {
    registry::RegistrarOptions options;
    options.service = service;
    options.server = server.endpoint();
    return options;
}

}  // namespace

void serve(const Serving& serving, const bench::Listening& listening) {
    rpc::Server plain;
    add_methods(plain);
    plain.start();
    rpc::ServerOptions options;
    options.tls = serving.tls;
    options.middleware = layers();
    rpc::Server encrypted{options};
    add_methods(encrypted);
    encrypted.start();
    const registry::Registrar first{serving.registry_url, registration(kService, plain)};
    const registry::Registrar second{
        serving.registry_url, registration(kEncryptedService, encrypted)};
    const Deadline deadline = Deadline::in(std::chrono::seconds{20});
    first.wait_registered(deadline).value();
    second.wait_registered(deadline).value();
    listening(plain.endpoint().port());
    for (;;)
        ::pause();
}

}  // namespace rollcall::soak
