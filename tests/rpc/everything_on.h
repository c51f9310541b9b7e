#pragma once
// Servers and clients with all that peers can agree on in use, for tests of those that agree on
// nothing. What is new goes in here, and is then looked at by all of them.

#include <rollcall/codec/pack.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/awaitable.hpp>

#include <stdexcept>
#include <string>

namespace rollcall::rpc::tests {

[[nodiscard]] inline ServerOptions server_with_everything() {
    ServerOptions options;
    options.name = "everything";
    options.max_in_flight = 16;
    options.limits.max_message_bytes = std::size_t{4} << 20U;
    options.call_timeout = std::chrono::seconds{10};
    options.log = Log::none();
    return options;
}

[[nodiscard]] inline ClientOptions client_with_everything() {
    ClientOptions options;
    options.call_timeout = std::chrono::seconds{10};
    options.backoff =
        BackoffOptions{std::chrono::milliseconds{1}, std::chrono::milliseconds{10}, 2, 0.5};
    options.log = Log::none();
    return options;
}

// Calls the peer back and says how it went: "7", or an error's name.
inline asio::awaitable<std::string> ask_back(Peer peer, Invocation<int> question) {
    const Result<int> answer = co_await peer.async_call(std::move(question));
    if (answer) co_return std::to_string(*answer);
    co_return std::string{name_of(answer.error().code())};
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

// Methods whose answers have metadata and errors with data, that wait, and that ask back.
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
