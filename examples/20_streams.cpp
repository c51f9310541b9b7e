// 20: streams. Items to the client, items from it, and both ways; a slow reader slows the writer,
// and either side may give up.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <ranges>
#include <string>
#include <vector>

namespace rpc = rollcall::rpc;
using rollcall::Result;

namespace {

// The contract.
constexpr rpc::Method<rpc::Stream<double>(std::string)> feed{"feed"};
constexpr rpc::Method<rpc::Stream<int>(int)> squares{"squares"};
constexpr rpc::Method<int(rpc::Stream<int>)> sum{"sum"};
constexpr rpc::Method<rpc::Stream<std::string>(rpc::Stream<std::string>)> shout{"shout"};

struct Exchange {
    std::atomic<int> quoted{0};
    std::promise<std::string> ended;
};

// Writes until nobody reads any more. Each write waits until the reader has room.
asio::awaitable<void> quote(Exchange& exchange, std::string, rpc::StreamWriter<double> out) {
    for (double price = 100;; price += 0.25) {
        Result<void> written = co_await out.async_write(price);
        if (!written) {
            exchange.ended.set_value(written.error().message());
            co_return;
        }
        ++exchange.quoted;
    }
}

asio::awaitable<int> add_up(rpc::StreamReader<int> in) {
    int total = 0;
    while (auto number = (co_await in.async_read()).value())
        total += *number;
    co_return total;
}

asio::awaitable<Result<void>> answer_loudly(
    rpc::StreamReader<std::string> in, rpc::StreamWriter<std::string> out
) {
    while (auto line = (co_await in.async_read()).value()) {
        if (line->empty()) co_return rollcall::Error{rollcall::Errc::remote_error, "say something"};
        const std::string louder = *line + "!";
        (co_await out.async_write(louder)).value();
    }
    co_return Result<void>{};
}

// On the client, with coroutines.
asio::awaitable<int> read_squares(rpc::Client& client, int n) {
    auto numbers = client.open(squares(n));
    int last = 0;
    while (auto number = (co_await numbers.async_read()).value())
        last = *number;
    co_return last;
}

}  // namespace

int main() {
    lesson::Lesson lesson;
    Exchange exchange;

    rpc::Server server;
    server.handle(feed, [&](std::string symbol, rpc::StreamWriter<double> out) {
        return quote(exchange, std::move(symbol), std::move(out));
    });
    server.handle(squares, [](int n) {  // a range is pulled as the reader takes it
        return std::views::iota(1, n + 1) | std::views::transform([](int i) { return i * i; });
    });
    server.handle(sum, add_up);
    server.handle(shout, answer_loudly);
    server.start();

    rpc::Client client{server.endpoint()};

    std::vector<int> seen;
    for (const int square : client.open(squares(4)))
        seen.push_back(square);
    lesson.show(seen == std::vector<int>{1, 4, 9, 16}, "a stream is a range");

    auto last = asio::co_spawn(
        rollcall::rpc::IoThreads::shared().executor(), read_squares(client, 1000), asio::use_future
    );
    lesson.show(last.get() == 1000000, "and coroutines await its items");

    auto adding = client.open(sum());
    for (int i = 1; i <= 100; ++i)
        adding.write(i).value();
    lesson.show(adding.finish().value() == 5050, "the client writes items, and gets one answer");

    auto talk = client.open(shout());
    talk.write("hello").value();
    lesson.show(talk.read().value() == "hello!", "both write and read");
    talk.write("").value();
    const auto error = talk.read();
    lesson.show(!error && error.error().message() == "say something", "an error ends a stream");

    {
        auto quotes = client.open(feed("ACME"));
        const bool first = quotes.read().value() == 100.0;
        lesson.show(first, "a feed never ends");
        lesson.show(
            client.open(squares(2)).read().value() == 1, "who reads slowly stops nobody else"
        );
    }  // the handle is gone: so is the stream
    const std::string why = exchange.ended.get_future().get();
    lesson.show(why == "the other side cancelled the stream", "its handler has heard: " + why);
    lesson.show(exchange.quoted < 200000, "and was never far ahead of its reader");
    return lesson.exit_status();
}
