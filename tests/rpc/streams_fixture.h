#pragma once
// Servers and clients of streams.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {

inline constexpr Method<Stream<int>(int)> count_to{"count_to"};
inline constexpr Method<Stream<int>(int)> fail_after{"fail_after"};
inline constexpr Method<Stream<int>(int)> range_to{"range_to"};
inline constexpr Method<Stream<std::string>(std::size_t)> flood{"flood"};  // texts without end
inline constexpr Method<int(Stream<int>)> sum{"sum"};
inline constexpr Method<std::size_t(std::string, Stream<std::string>)> swallow{"swallow"};
inline constexpr Method<int(Stream<int>)> first_only{"first_only"};
inline constexpr Method<int(Stream<int>)> never_reads{"never_reads"};
inline constexpr Method<Stream<std::string>(std::string, Stream<std::string>)> chat{"chat"};

// What handlers have seen.
struct Seen {
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    std::atomic<std::size_t> written{0};
    std::atomic<int> last_error{0};  // an Errc
    std::atomic<bool> stop_asked{false};
};

// Counts a handler that has ended, also if it does not go on: one of a server that has stopped.
class CountsEnd {
public:
    explicit CountsEnd(Seen& seen) : seen_(seen) { ++seen_.begun; }

    CountsEnd(const CountsEnd&) = delete;
    CountsEnd& operator=(const CountsEnd&) = delete;

    ~CountsEnd() { ++seen_.ended; }

private:
    Seen& seen_;
};

namespace handlers {

inline asio::awaitable<void> wait_for_stop(Context& context) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (!context.stop_token().stop_requested()) {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(asio::use_awaitable);
    }
}

inline asio::awaitable<void> count(int n, StreamWriter<int> out) {
    for (int i = 1; i <= n; ++i) {
        Result<void> written = co_await out.async_write(i);
        if (!written) co_return;
    }
}

inline asio::awaitable<Result<void>> fail_after(int n, StreamWriter<int> out) {
    for (int i = 1; i <= n; ++i)
        static_cast<void>(co_await out.async_write(i));
    co_return Error{Errc::remote_error, "no more of this"};
}

inline asio::awaitable<int> sum(StreamReader<int> in) {
    int total = 0;
    for (;;) {
        Result<std::optional<int>> next = co_await in.async_read();
        if (!next.value()) co_return total;
        total += **next;
    }
}

inline asio::awaitable<std::size_t> swallow(std::string prefix, StreamReader<std::string> in) {
    std::size_t bytes = prefix.size();
    for (;;) {
        Result<std::optional<std::string>> next = co_await in.async_read();
        if (!next.value()) co_return bytes;
        bytes += (*next)->size();
    }
}

inline asio::awaitable<int> first_only(StreamReader<int> in) {
    Result<std::optional<int>> next = co_await in.async_read();
    co_return next.value().value_or(-1);
}

inline asio::awaitable<void> chat(
    std::string name, StreamReader<std::string> in, StreamWriter<std::string> out
) {
    for (;;) {
        Result<std::optional<std::string>> line = co_await in.async_read();
        if (!line || !*line) co_return;
        const std::string answer = name + ": " + **line;
        Result<void> written = co_await out.async_write(answer);
        if (!written) co_return;
    }
}

}  // namespace handlers

// Adds them all to a server, or to a client.
inline void add_streams(HandlerRegistry& to, Seen& seen) {
    to.handle(count_to, handlers::count);
    to.handle(fail_after, handlers::fail_after);
    to.handle(range_to, [](int n) { return std::views::iota(1, n + 1); });
    to.handle(sum, handlers::sum);
    to.handle(swallow, handlers::swallow);
    to.handle(first_only, handlers::first_only);
    to.handle(chat, handlers::chat);
    to.handle(
        flood,
        [&seen](
            Context& context, std::size_t bytes, StreamWriter<std::string> out
        ) -> asio::awaitable<void> {
            Seen& mine = seen;
            const CountsEnd counts{mine};
            const std::string text(bytes, 'x');
            for (;;) {
                Result<void> written = co_await out.async_write(text);
                if (!written) {
                    mine.last_error = static_cast<int>(written.error().code());
                    mine.stop_asked = context.stop_token().stop_requested();
                    break;
                }
                mine.written += bytes;
            }
        }
    );
    to.handle(never_reads, [&seen](Context& context, StreamReader<int>) -> asio::awaitable<int> {
        Seen& mine = seen;
        const CountsEnd counts{mine};
        co_await handlers::wait_for_stop(context);
        mine.stop_asked = true;
        co_return 0;
    });
}

class StreamsTest : public testing::Test {
protected:
    void start(ServerOptions options = ServerOptions(), ClientOptions client_options = {}) {
        server.emplace(std::move(options));
        add_streams(*server, seen);
        server->handle("add", [](int a, int b) { return a + b; });
        server->handle("hang", [](Context& context) -> asio::awaitable<int> {
            co_await handlers::wait_for_stop(context);
            co_return 0;
        });
        server->start();
        client.emplace(server->endpoint(), std::move(client_options));
    }

    Seen seen;
    std::optional<Server> server;
    std::optional<Client> client;
};

}  // namespace rollcall::rpc::tests
