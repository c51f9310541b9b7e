#pragma once
// A server with an inspector, and curl.

#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "registry/center_curl.h"
#include "support/eventually.h"
#include "support/kept_log.h"

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>

namespace rollcall::inspect::tests {

using nlohmann::json;
using registry::tests::curl;
using registry::tests::CurlAnswer;
using rollcall::tests::eventually;

// Serves add, echo, fail, tenant (of the metadata), refuse and wait, which counts those that stop.
class Inspected : public testing::Test {
protected:
    explicit Inspected(
        InspectorOptions options = InspectorOptions(),
        rpc::ServerOptions server_options = rpc::ServerOptions()
    )
        : server(std::move(server_options)), inspector(served(), std::move(options)) {}

    [[nodiscard]] CurlAnswer get(const std::string& path, const std::string& more = "") const {
        return curl(more + " '" + inspector.url() + path + "'");
    }

    // POST /rpc/METHOD with a body of JSON.
    [[nodiscard]] CurlAnswer call(
        const std::string& method, const std::string& body, const std::string& more = ""
    ) const {
        return get(
            "/rpc/" + method,
            more + " -H 'Content-Type: application/json' --data-binary '" + body + "'"
        );
    }

    std::atomic<int> waiting{0};
    std::atomic<int> stopped{0};
    // One that has been stopped goes on: its caller waits no longer when it answers, however late
    // the caller's own clock rings.
    std::atomic<bool> lingers{false};
    rpc::Server server;
    Inspector inspector;

private:
    rpc::Server& served() {
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle("a/b", [] { return true; });
        server.handle("echo", [](codec::Raw any) { return any; });
        server.handle("fail", [](std::string text) { throw std::runtime_error{text}; });
        server.handle("refuse", [](std::string text) -> Result<int> {
            return Error{Errc::remote_error, text}.with_data("\x07");
        });
        server.handle("trace", [](rpc::Context& context) {
            return std::string{context.metadata().find("request-id").value_or("none")};
        });
        server.handle("wait", [this](rpc::Context& context) { return wait(context); });
        server.start();
        return server;
    }

    asio::awaitable<bool> wait(rpc::Context& context) {
        ++waiting;
        asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::minutes{1}};
        const std::stop_callback on_stop{context.stop_token(), [&] { timer.cancel(); }};
        asio::error_code ended;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        if (ended) ++stopped;
        while (lingers) {
            timer.expires_after(std::chrono::milliseconds{1});
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
        }
        co_return true;
    }
};

}  // namespace rollcall::inspect::tests
