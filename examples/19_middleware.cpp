// 19: what stands around calls. An access log, tokens, limits, request ids and traces that come
// with the house, and a layer of your own, on a server and on its client.
#include <rollcall/rpc/access_log.h>
#include <rollcall/rpc/bearer_auth.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/concurrency_limit.h>
#include <rollcall/rpc/rate_limit.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include "lesson.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

namespace rpc = rollcall::rpc;
using rollcall::Errc;
using rollcall::Error;
using rollcall::Log;
using rollcall::LogLevel;
using rollcall::Result;
using namespace std::chrono_literals;

namespace {

// A layer that takes its time: nobody else waits meanwhile.
asio::awaitable<Result<void>> look_up(rpc::Exchange& exchange) {
    asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
    co_await timer.async_wait(asio::use_awaitable);
    if (exchange.metadata().find("tenant") == "unpaid")
        co_return Error{Errc::unavailable, "this tenant has not paid"};
    co_return Result<void>{};
}

}  // namespace

int main() {
    lesson::Lesson lesson;
    const Log log{[](LogLevel, std::string_view line) {
        std::printf("   log: %s\n", std::string{line}.c_str());
    }};
    std::atomic<int> spans{0};
    std::atomic<int> failures{0};
    rpc::TraceOptions tracing;
    tracing.exporter = [&](const rpc::Span&) { ++spans; };
    const rpc::TokenSet tokens{{{"abracadabra", "ada"}}};

    rpc::Server server;
    server.use(rpc::request_ids());  // the outermost
    server.use(rpc::trace(tracing));
    server.use(rpc::access_log(log));
    server.use(rpc::rate_limit({.per_second = 1000, .burst = 1000}));
    server.use(rpc::concurrency_limit({.in_flight = 100}));
    server.use(rpc::bearer_auth(tokens));
    server.use(look_up);
    server.use(rpc::middleware(
        [](rpc::Exchange& exchange) { exchange.reply_with("served-by", "desk 1"); },
        [&](rpc::Exchange&, const rpc::Outcome& outcome) { failures += outcome.ok() ? 0 : 1; }
    ));
    server.handle("greet", [](rpc::Context& context) {
        return "hello " + context.attached<rpc::Principal>()->name;
    });
    server.start();

    rpc::Client stranger{server.endpoint()};
    const auto refused = stranger.call(rpc::invoke<std::string>("greet"));
    lesson.show(
        !refused && refused.error().code() == Errc::unauthenticated, "who shows no token is told so"
    );

    rpc::Client client{server.endpoint()};
    client.use(rpc::request_ids());
    client.use(rpc::trace(tracing));
    client.use(rpc::bearer_token("abracadabra"));
    const rpc::ReplyMetadata seen;
    const auto greet = rpc::invoke<std::string>("greet").metadata_to(seen);
    const auto greeting = client.call(greet);
    lesson.show(greeting.value_or("") == "hello ada", "the handler knows who has called");
    const rpc::Metadata back = seen.get();
    lesson.show(back.contains(rpc::kRequestId), "the reply names the request");
    lesson.show(back.contains("served-by"), "and a layer of our own has added to it");

    const auto unpaid = client.call(rpc::invoke<std::string>("greet").with("tenant", "unpaid"));
    lesson.show(
        !unpaid && unpaid.error().sent() == rollcall::Sent::not_sent,
        "what a layer refuses was not executed, and may be tried elsewhere"
    );
    lesson.show(failures == 0, "nothing further inside has seen what was refused");

    tokens.replace({{"sesame", "ada"}});
    lesson.show(!client.call(greet), "tokens change while the server runs");
    lesson.show(spans == 7, "each end has exported a span for each of its calls");
    return lesson.exit_status();
}
