// A Python client (msgpack and a socket) and the npm package msgpack5rpc call our server. Their
// scripts check the replies and end with 0 if all were right.

#include <rollcall/rpc/server.h>

#include "peers.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

class ForeignClient : public testing::Test {
protected:
    ForeignClient() {
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle("echo", [](const codec::Raw& any) { return any; });
        server.handle("fail", [](const std::string& why) -> int { throw std::runtime_error{why}; });
        server.handle("later", &ForeignClient::later, *this);
        server.handle("release", [this] { released = true; });
        server.handle("pooled", [](int n) { return n; }, {.run = RunOn::pool});
        server.handle("nothing", [] {});
        server.handle("count", [this] { ++counted; });
        server.handle("counted", [this] { return counted.load(); });
        server.start();
    }

    // Answers when the peer says so.
    asio::awaitable<int> later(int n) {
        asio::steady_timer timer{co_await asio::this_coro::executor};
        while (!released) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return n;
    }

    void expect_success(std::vector<std::string> command) {
        command.push_back(server.endpoint().host());
        command.push_back(std::to_string(server.endpoint().port()));
        const auto finished = tests::run(std::move(command), tests::node_environment());
        EXPECT_EQ(finished.status, tests::ExitStatus{0}) << finished.output << finished.errors;
        EXPECT_NE(finished.output.find("all replies were right"), std::string::npos);
        EXPECT_EQ(server.stats().protocol_errors, 0U);
    }

    std::atomic<int> counted{0};
    std::atomic<bool> released{false};
    Server server;
};

TEST_F(ForeignClient, Python) {
    expect_success(tests::python_command("peer_client.py"));
}

TEST_F(ForeignClient, Msgpack5rpc) {
    expect_success(tests::node_command("peer_client.js"));
}

}  // namespace
}  // namespace rollcall::rpc
