// A connection that has as many requests under way as it may: what it hears all the same.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "extended_peer.h"
#include "guests.h"
#include "server_harness.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

asio::awaitable<int> wait_for_stop(Context& context, std::atomic<int>& begun) {
    const std::stop_token token = context.stop_token();
    asio::steady_timer timer{co_await asio::this_coro::executor};
    ++begun;
    while (!token.stop_requested()) {
        timer.expires_after(1ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return 0;
}

class AtItsLimit : public testing::Test {
protected:
    AtItsLimit() : server(with_one_in_flight()) {
        server.handle("wait", [this](Context& context) { return wait_for_stop(context, begun); });
        server.handle("pass", [this](int n) -> asio::awaitable<int> {
            {
                const std::lock_guard lock{mutex};
                order.push_back(n);
            }
            co_await gate.pass();
            co_return n;
        });
        server.handle("size", [this](std::string_view text) {
            ++sizes;
            return text.size();
        });
        server.start();
    }

    ~AtItsLimit() override { gate.open(); }

    static ServerOptions with_one_in_flight() {
        ServerOptions options;
        options.max_in_flight = 1;
        return options;
    }

    std::mutex mutex;
    std::vector<int> order;
    std::atomic<int> begun{0};
    std::atomic<int> sizes{0};
    Gate gate;
    Server server;
};

TEST_F(AtItsLimit, AConnectionHearsCancels) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1)));
    ASSERT_EQ(receive_answers(peer, 1).size(), 1U);
    ASSERT_TRUE(peer.send(request(2, "wait") + request(3, "wait") + request(4, "size", "abc")));
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    ASSERT_TRUE(peer.send(cancel(3) + cancel(2)));  // one that waits, and the one that runs
    const auto answers = receive_answers(peer, 3);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].id, 2U);
    EXPECT_EQ(answers[1].id, 3U);
    EXPECT_NE(answers[1].error, "");
    EXPECT_EQ(answers[2].id, 4U);
    EXPECT_EQ(begun, 1);  // the one that waited has never begun
}

TEST_F(AtItsLimit, AConnectionHearsTheEndOfItsPeer) {
    Guests guests;
    Server watched{with_one_in_flight()};
    guests.attach(watched);
    std::atomic<int> stopped{0};
    watched.handle("wait", [&](Context& context) -> asio::awaitable<int> {
        const int value = co_await wait_for_stop(context, begun);
        ++stopped;
        co_return value;
    });
    watched.start();
    RawPeer peer{watched.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1) + request(2, "wait") + request(3, "wait")));
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    peer.reset();
    EXPECT_TRUE(eventually([&] { return stopped == 1 && guests.reasons().size() == 1; }));
    EXPECT_EQ(begun, 1);
}

TEST_F(AtItsLimit, RequestsThatWaitBeginInTheirOrder) {
    RawPeer peer{server.endpoint()};
    std::string bytes;
    std::vector<int> expected;
    for (std::uint32_t i = 0; i < 200; ++i) {
        bytes += request(i, "pass", static_cast<int>(i));
        expected.push_back(static_cast<int>(i));
    }
    ASSERT_TRUE(peer.send(bytes));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    gate.open();
    EXPECT_EQ(receive_answers(peer, 200).size(), 200U);
    EXPECT_EQ(order, expected);
}

TEST_F(AtItsLimit, ARequestThatWaitedIsCountedFromWhenItCame) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "pass", 1) + request(2, "size", "it waits")));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    const TimePoint came = SteadyClock::now();
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() - came >= 50ms; }));
    // Read after it, and before it begins.
    const std::uint64_t before = server.stats().bytes_read;
    ASSERT_TRUE(peer.send(request(3, "size", "later")));
    ASSERT_TRUE(eventually([&] { return server.stats().bytes_read > before; }));
    gate.open();
    EXPECT_EQ(receive_answers(peer, 3).size(), 3U);
    const std::vector<MethodStats> all = server.method_stats();
    const auto of_size = std::find_if(all.begin(), all.end(), [](const MethodStats& each) {
        return each.name == "size";
    });
    ASSERT_NE(of_size, all.end());
    EXPECT_GE(of_size->latency.sum, 50ms);
}

}  // namespace
}  // namespace rollcall::rpc::tests
