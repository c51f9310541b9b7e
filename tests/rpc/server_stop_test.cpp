// The end of a server: what was read is answered, whoever asks for the stop, and from where.

#include "server_harness.h"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <stdexcept>
#include <vector>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

// A server's end runs in a thread of its own while the test looks on.
std::future<void> stop_later(Server& server, Duration grace) {
    return std::async(std::launch::async, [&server, grace] { server.stop(grace); });
}

TEST(ServerStop, PlainPeerGetsAnswersToAllThatWasReadThenTheEnd) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "hold", "abc") + request(2, "hold", "abcd")));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 2; }));
    EXPECT_TRUE(peer.send(request(3, "add", 1, 2)));
    auto stopped = stop_later(tested.server, 10s);
    EXPECT_EQ(peer.receive_exactly(5), result(3, 3));
    EXPECT_EQ(stopped.wait_for(50ms), std::future_status::timeout);  // two are in flight
    tested.gate.open();
    EXPECT_EQ(answers_in(peer.receive_all()).size(), 2U);
    EXPECT_TRUE(peer.at_end());
    peer.close();
    stopped.get();
    EXPECT_THROW(RawPeer{tested.endpoint()}, std::system_error);
}

TEST(ServerStop, GoawayFirstThenWhatWasInFlightThenTheEnd) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(hello(1) + request(2, "hold", "abc")));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 1U);
    auto stopped = stop_later(tested.server, 10s);
    const Answer goaway = receive_answers(peer, 1).at(0);
    EXPECT_EQ(goaway.method, "$/goaway");
    // After the goaway nothing is executed, and the peer has been told so.
    EXPECT_TRUE(peer.send(request(3, "note", "x")));
    tested.gate.open();
    EXPECT_EQ(peer.receive_all(), result(2, 3));
    EXPECT_TRUE(peer.at_end());
    peer.close();
    stopped.get();
    EXPECT_EQ(tested.notes.load(), 0U);
}

TEST(ServerStop, SilentAndIdlePeersAreNotWaitedFor) {
    TestServer tested;
    RawPeer silent{tested.endpoint()};
    RawPeer idle{tested.endpoint()};
    EXPECT_TRUE(idle.send(request(1, "add", 1, 2)));
    EXPECT_EQ(idle.receive_exactly(5), result(1, 3));
    auto stopped = stop_later(tested.server, 20s);
    EXPECT_TRUE(is_closed(silent));
    EXPECT_TRUE(is_closed(idle));
    silent.close();
    idle.close();
    EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
}

TEST(ServerStop, GraceEndsAHandlerThatDoesNot) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "hold", "abc") + notification("hold", "n")));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 2; }));
    tested.server.stop(100ms);
    EXPECT_EQ(peer.receive_all(), "");
    EXPECT_TRUE(peer.at_end());
    EXPECT_EQ(
        tested.log.count(LogLevel::warning, "these have not ended: 'hold', a notification"), 1U
    ) << tested.log.text();
    // They do not go on: they are destroyed with the server's threads, and count until then.
    EXPECT_GT(tested.server.stats().in_flight_bytes, 2048U);
    tested.gate.open();
}

TEST(ServerStop, AShorterGraceCutsALongerOneShort) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "hold", "abc")));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    auto patient = stop_later(tested.server, Duration::max());
    EXPECT_EQ(patient.wait_for(50ms), std::future_status::timeout);
    tested.server.stop(50ms);
    patient.get();
    EXPECT_TRUE(is_closed(peer));
    EXPECT_EQ(tested.log.count(LogLevel::error, ""), 0U) << tested.log.text();
}

// Posted by one handler, so both are under way before either is carried out.
TEST(ServerStop, AShorterGraceWinsAlthoughTheLongerOneIsCarriedOutLater) {
    TestServer tested;
    ServerOptions options;
    options.log = Log::none();
    Server server{options};
    server.handle("hold", [&]() -> asio::awaitable<void> { co_await tested.gate.pass(); });
    server.handle("stop", [&] {
        server.stop(1h);
        server.stop(0s);
    });
    server.start();
    RawPeer peer{server.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "hold") + request(2, "stop")));
    EXPECT_TRUE(is_closed(peer));
    server.stop();
}

// Stops the server after so many turns of its loop.
void stop_after(Server& server, int turns) {
    if (turns == 0) return server.stop(10s);
    asio::post(server.io().executor(), [&server, turns] { stop_after(server, turns - 1); });
}

// The loop accepts one in each turn: in some of these a connection has been accepted, but not
// handed on, when the stop begins.
TEST(ServerStop, ServesEveryConnectionOfTheBacklog) {
    for (int turns = 0; turns < 4; ++turns) {
        std::promise<void> connected;
        std::atomic<bool> begun{false};
        Server server;
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle("stop", [&, ready = connected.get_future().share()] {
            begun = true;
            ready.wait();
            stop_after(server, turns);
        });
        server.start();
        RawPeer stopping{server.endpoint()};
        EXPECT_TRUE(stopping.send(request(1, "stop")));
        EXPECT_TRUE(eventually([&] { return begun.load(); }));
        std::vector<RawPeer> peers;
        for (std::uint32_t id = 0; id < 8; ++id) {
            peers.emplace_back(server.endpoint());
            EXPECT_TRUE(peers.back().send(request(id, "add", 1, 2)));
        }
        connected.set_value();
        for (std::uint32_t id = 0; id < 8; ++id) {
            EXPECT_EQ(peers[id].receive_all(), result(id, 3)) << id << " " << turns;
            peers[id].close();
        }
        stopping.close();
        server.stop();
        EXPECT_EQ(server.stats().accepted, 9U);
    }
}

TEST(ServerStop, TwiceBeforeStartAndFromTwoThreads) {
    Server never;
    never.stop();
    never.stop(0s);
    EXPECT_THROW(never.start(), std::logic_error);

    TestServer tested;
    auto first = stop_later(tested.server, 5s);
    auto second = stop_later(tested.server, 5s);
    first.get();
    second.get();
    tested.server.stop();
    EXPECT_THROW(tested.server.start(), std::logic_error);
    EXPECT_EQ(tested.server.stats().connections, 0U);
}

// From where a handler runs: it returns at once, the handler is answered, the server ends.
TEST(ServerStop, FromHandlersOfEveryKind) {
    for (const std::string method : {"inline", "coroutine", "pool"}) {
        Server server;
        server.handle("inline", [&] {
            server.stop(10s);
            return 1;
        });
        server.handle("coroutine", [&]() -> asio::awaitable<int> {
            server.stop(10s);
            co_return 1;
        });
        server.handle(
            "pool",
            [&] {
                server.stop(10s);
                return 1;
            },
            {.run = RunOn::pool}
        );
        server.start();
        Client client{server.endpoint()};
        EXPECT_EQ(client.call(invoke<int>(method)).value(), 1) << method;
        server.stop();  // waits for what the handler has begun
        EXPECT_EQ(server.stats().connections, 0U);
        EXPECT_FALSE(server.endpoint().alive());
    }
}

TEST(ServerStop, QueuedPoolHandlersDoNotBeginAfterwards) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<int> begun{0};
    ServerOptions options;
    options.pool_threads = 1;
    options.log = Log::none();
    Server server{options};
    server.handle(
        "block",
        [&] {
            begun.fetch_add(1);
            released.wait();
        },
        {.run = RunOn::pool}
    );
    server.start();
    RawPeer peer{server.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "block") + request(2, "block")));
    EXPECT_TRUE(eventually([&] { return begun == 1; }));
    server.stop(50ms);
    release.set_value();
    { const Server gone{std::move(server)}; }  // waits for the one that runs
    EXPECT_EQ(begun.load(), 1);
}

TEST(ServerStop, DestroyedWithCoroutinesSuspended) {
    // Counts the frames: all must be destroyed with the server, none may leak.
    const auto alive = std::make_shared<int>(0);
    {
        ServerOptions options;
        options.drain_timeout = 50ms;
        options.log = Log::none();
        Server server{options};
        server.handle("forever", [alive](std::string) -> asio::awaitable<int> {
            const auto mine = alive;
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_at(asio::steady_timer::time_point::max());
            co_await timer.async_wait(asio::use_awaitable);
            co_return *mine;
        });
        server.start();
        RawPeer peer{server.endpoint()};
        for (std::uint32_t id = 0; id < 50; ++id)
            EXPECT_TRUE(peer.send(request(id, "forever", std::string(1000, 'x'))));
        EXPECT_TRUE(eventually([&] { return alive.use_count() == 52; }));
    }
    EXPECT_EQ(alive.use_count(), 1);
}

TEST(ServerStop, DestroyedInItsOwnHandlers) {
    for (const RunOn run : {RunOn::io, RunOn::pool}) {
        const auto alive = std::make_shared<int>(0);
        ServerOptions options;
        options.drain_timeout = 5s;
        auto server = std::make_shared<std::optional<Server>>(std::in_place, options);
        (*server)->handle(
            "destroy",
            [server, alive] {
                server->reset();
                return 1;
            },
            {.run = run}
        );
        (*server)->start();
        RawPeer peer{(*server)->endpoint()};
        server.reset();  // the handler holds the last share
        EXPECT_TRUE(peer.send(request(1, "destroy")));
        EXPECT_EQ(peer.receive_all(), result(1, 1));
        peer.close();
        EXPECT_TRUE(eventually([&] { return alive.use_count() == 1; }));
    }
}

TEST(ServerStop, APoolHandlerMayOutliveTheServerAndItsThreads) {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<bool> begun{false};
    const auto alive = std::make_shared<int>(0);
    ServerOptions options;
    options.drain_timeout = 10ms;
    options.log = Log::none();
    auto server = std::make_shared<std::optional<Server>>(std::in_place, options);
    (*server)->handle(
        "block",
        [&begun, released, alive] {
            begun = true;
            released.wait();
        },
        {.run = RunOn::pool}
    );
    // On an I/O thread the destructor does not wait for the pool.
    (*server)->handle("destroy", [server] { server->reset(); });
    (*server)->start();
    RawPeer peer{(*server)->endpoint()};
    server.reset();
    EXPECT_TRUE(peer.send(request(1, "block")));
    EXPECT_TRUE(eventually([&] { return begun.load(); }));
    EXPECT_TRUE(peer.send(request(2, "destroy")));
    EXPECT_TRUE(is_closed(peer));
    release.set_value();
    EXPECT_TRUE(eventually([&] { return alive.use_count() == 1; }));
}

}  // namespace
}  // namespace rollcall::rpc::tests
