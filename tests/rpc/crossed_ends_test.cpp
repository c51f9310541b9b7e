// Calls whose two ends, or whose server, end at the same time.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "extended_peer.h"
#include "guests.h"
#include "server_harness.h"
#include "support/seed.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <random>
#include <string>
#include <sys/socket.h>
#include <thread>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// The stop comes while the handler starts a call, which fails at once as well: its client is over.
TEST(CrossedEnds, ACallOfAPoolHandlerThatIsBeingStoppedEndsOnce) {
    std::atomic<int> started{0};
    std::atomic<int> ended{0};
    std::atomic<int> handlers{0};
    Server farther;
    farther.handle("add", [](int a, int b) { return a + b; });
    farther.start();
    Client alive{farther.endpoint()};
    Client over{"127.0.0.1:1"};
    over.stop();
    Server server;
    server.handle(
        "ask",
        [&](bool fails) {
            for (int i = 0; i < 8; ++i) {
                ++started;
                (fails ? over : alive)
                    .async_call(invoke<int>("add", 1, i).within(20s), [&](const Result<int>&) {
                        ++ended;
                    });
            }
            ++handlers;
            return 0;
        },
        {.run = RunOn::pool}
    );
    server.start();
    std::mt19937 random{rollcall::tests::seed()};
    RawPeer peer{server.endpoint()};
    const int at_once = 1;  // the cancel does not wait for the acknowledgement of the request
    ASSERT_EQ(setsockopt(peer.descriptor(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once), 0);
    ASSERT_TRUE(peer.send(full_hello(1)));
    ASSERT_EQ(receive_answers(peer, 1).size(), 1U);
    for (std::uint32_t id = 2; id < 402; ++id) {
        ASSERT_TRUE(peer.send(request(id, "ask", id % 2 == 0)));
        for (auto spins = random() % 64; spins > 0; --spins)
            std::this_thread::yield();
        ASSERT_TRUE(peer.send(cancel(id)));
        ASSERT_EQ(receive_answers(peer, 1).size(), 1U);
    }
    EXPECT_TRUE(eventually([&] { return ended == started; }));
    server.stop();
    alive.stop();
    EXPECT_EQ(ended, started);
}

// The completion of the inner call finds its server's loop gone.
TEST(CrossedEnds, AHandlerThatAwaitsAnotherThreadsClientMayOutliveItsServer) {
    TestServer farther;
    for (int round = 0; round < 20; ++round) {
        Client inner{farther.endpoint()};
        std::optional<Server> server{std::in_place};
        std::atomic<int> begun{0};
        server->handle("ask", [&]() -> asio::awaitable<Result<std::size_t>> {
            auto call = invoke<std::size_t>("hold", std::string{"x"}).within(60s);
            ++begun;
            co_return co_await inner.async_call(std::move(call));
        });
        server->start();
        Client client{server->endpoint()};
        auto call = client.async_call(invoke<std::size_t>("ask").within(60s), asio::use_future);
        ASSERT_TRUE(eventually([&] { return begun == 1; }));
        std::thread stops{[&] { server->stop(1ms); }};
        if (round % 2 == 0) farther.gate.open();
        stops.join();
        server.reset();
        const auto ended = call.get();
        if (!ended) {
            EXPECT_NE(ended.error().code(), Errc::timed_out) << ended.error().message();
        }
        inner.stop();
    }
    farther.gate.open();
}

TEST(CrossedEnds, ACallToAPeerWhoseServerEndsCompletesOnce) {
    for (int round = 0; round < 30; ++round) {
        Guests guests;
        std::optional<Server> server{std::in_place};
        guests.attach(*server);
        server->start();
        Client client{server->endpoint()};
        client.handle("twice", [](int n) { return 2 * n; });
        client.keep_connected();
        ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
        const Peer peer = guests.here()[0];
        std::atomic<int> ended{0};
        std::atomic<bool> over{false};
        int started = 0;
        std::thread asks{[&] {
            while (!over || started < 10) {
                ++started;
                peer.async_call(invoke<int>("twice", started).within(20s), [&](const Result<int>&) {
                    ++ended;
                });
                std::this_thread::yield();
            }
        }};
        server.reset();
        over = true;
        asks.join();
        EXPECT_TRUE(eventually([&] { return ended == started; })) << ended << " of " << started;
    }
}

// The answers of the peer are heard, so the handler ends long before the grace is over.
TEST(Draining, ServersHearTheAnswersOfCallsThatTheirHandlersMade) {
    Server server;
    std::atomic<bool> asked{false};
    Gate gate;
    server.handle("ask_back", [&](Context& context, int n) -> asio::awaitable<Result<int>> {
        const Peer peer = context.peer();
        asked = true;
        co_return co_await peer.async_call(invoke<int>("twice", n).within(60s));
    });
    server.start();
    Client client{server.endpoint()};
    client.handle("twice", [&](int n) -> asio::awaitable<int> {
        co_await gate.pass();
        co_return 2 * n;
    });
    auto call = client.async_call(invoke<int>("ask_back", 4).within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    std::thread stops{[&] { server.stop(60s); }};
    ASSERT_TRUE(eventually([&] { return server.view().health().status == ServerStatus::draining; })
    );
    gate.open();
    EXPECT_EQ(call.get().value(), 8);
    stops.join();
}

}  // namespace
}  // namespace rollcall::rpc::tests
