#pragma once
// Servers and clients with all that peers can agree on in use, for tests of those that agree on
// nothing. What is new goes in here, and is then looked at by all of them.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include "server_harness.h"

#include <asio/awaitable.hpp>

#include <optional>
#include <stdexcept>
#include <string>

namespace rollcall::rpc::tests {

// A silence after which peers that have said hello would have been asked for a sign of life, and
// given up without one, several times.
inline constexpr Duration kKeepalive = std::chrono::milliseconds{10};
inline constexpr Duration kSilence = 20 * kKeepalive;

// How streams are opened whose items the peer sends.
inline constexpr Method<Stream<int>(int)> count_to{"count_to"};

// Small, so that all of it would be used.
inline constexpr StreamOptions kSmallStreams{
    .max_streams = 2, .window = 64, .max_window = 256, .idle_timeout = std::chrono::seconds{10}};

// Layers that add to what is sent.
[[nodiscard]] inline Middlewares layers_with_everything() {
    return {request_ids(), trace()};
}

[[nodiscard]] inline ServerOptions server_with_everything() {
    ServerOptions options;
    options.name = "everything";
    options.max_in_flight = 16;
    options.limits.max_message_bytes = std::size_t{4} << 20U;
    options.call_timeout = std::chrono::seconds{10};
    options.keepalive_interval = options.keepalive_timeout = kKeepalive;
    options.streams = kSmallStreams;
    options.middleware = layers_with_everything();
    options.log = Log::none();
    return options;
}

[[nodiscard]] inline ClientOptions client_with_everything() {
    ClientOptions options;
    options.call_timeout = std::chrono::seconds{10};
    options.backoff =
        BackoffOptions{std::chrono::milliseconds{1}, std::chrono::milliseconds{10}, 2, 0.5};
    options.keepalive_interval = options.keepalive_timeout = kKeepalive;
    options.streams = kSmallStreams;
    options.middleware = layers_with_everything();
    options.log = Log::none();
    return options;
}

// Calls the peer back and says how it went: "7", or an error's name.
inline asio::awaitable<std::string> ask_back(Peer peer, Invocation<int> question) {
    const Result<int> answer = co_await peer.async_call(std::move(question));
    if (answer) co_return std::to_string(*answer);
    co_return std::string{name_of(answer.error().code())};
}

// Opens a stream of the peer's and says what came of it: an error's name.
inline asio::awaitable<std::string> stream_back(Peer peer) {
    auto numbers = peer.open(count_to(3));
    const Result<std::optional<int>> first = co_await numbers.async_read();
    co_return first ? "items" : std::string{name_of(first.error().code())};
}

inline asio::awaitable<void> write_up_to(int n, StreamWriter<int> out) {
    for (int i = 1; i <= n; ++i)
        (co_await out.async_write(i)).value();
}

inline asio::awaitable<int> add_later(Gate& gate, int n) {
    co_await gate.pass();
    co_return n;
}

// Errors of every kind, by their numbers.
inline Result<int> fail_as(int code) {
    codec::Buffer data;
    codec::pack(data, 42);
    return Error{static_cast<Errc>(code), "as asked"}.with_data(text_of(data));
}

// Methods whose answers have metadata and errors with data, that wait, that ask back, and streams.
inline void add_everything(Server& server, Gate& gate) {
    server.on_connect([](const Peer& peer) { peer.notify(invoke<void>("welcome", peer.name())); });
    server.on_disconnect([](const Peer&, std::string_view) {});
    server.handle("add", [](Context& context, int a, int b) {
        context.reply_with("served-by", "desk 1");
        return a + b;
    });
    server.handle("size", [](std::string_view text) { return text.size(); });
    server.handle("big", [](std::size_t bytes) { return std::string(bytes, 'x'); });
    server.handle("fail_as", fail_as);
    server.handle("throws", []() -> int { throw std::runtime_error{"it broke"}; });
    server.handle("pooled", [](int n) { return n; }, {.run = RunOn::pool});
    server.handle("later", [&gate](int n) { return add_later(gate, n); });
    server.handle(
        "one_at_a_time", [&gate](int n) { return add_later(gate, n); }, {.max_in_flight = 1}
    );
    server.handle(count_to, write_up_to);
    server.handle("stream_back", [](Context& context) { return stream_back(context.peer()); });
    server.handle("ask", [](Context& context, std::string method, int ms) {
        const auto allowed = std::chrono::milliseconds{ms};
        return ask_back(context.peer(), invoke<int>(method, 21).within(allowed));
    });
    server.handle("ask_with", [](Context& context) {
        return ask_back(context.peer(), invoke<int>("twice", 21).with("tenant", "blue"));
    });
    server.handle("tell", [](Context& context, std::string text) {
        context.peer().notify(invoke<void>("news", text));
    });
}

}  // namespace rollcall::rpc::tests
