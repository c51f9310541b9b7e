// Where a server listens, its I/O threads, and how it is told whether they work.

#include "server_harness.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

int call_add(const Endpoint& endpoint) {
    Client client{endpoint};
    return client.call(invoke<int>("add", 1, 2)).value();
}

TEST(ServerListen, PortZeroTakesAFreeOne) {
    TestServer first;
    TestServer second;
    EXPECT_NE(first.endpoint().port(), 0);
    EXPECT_NE(first.endpoint().port(), second.endpoint().port());
    EXPECT_EQ(call_add(first.endpoint()), 3);
}

TEST(ServerListen, ATakenPortIsAnErrorThatNamesItsHolder) {
    TestServer first;
    ServerOptions options;
    options.listen = first.endpoint().to_string();
    try {
        TestServer second{options};
        FAIL() << "two servers on one port";
    } catch (const std::system_error& error) {
        const std::string what = error.what();
        EXPECT_EQ(error.code(), std::errc::address_in_use);
        EXPECT_NE(what.find("cannot listen on " + options.listen), std::string::npos) << what;
        EXPECT_NE(what.find("process " + std::to_string(::getpid())), std::string::npos) << what;
    }
    // Once it is free, the same server can be started.
    Server later{options};
    EXPECT_THROW(later.start(), std::system_error);
    first.server.stop();
    EXPECT_NO_THROW(later.start());
}

TEST(ServerListen, WildcardOfIpv6ServesBoth) {
    ServerOptions options;
    options.listen = "[::]:0";
    TestServer tested{options};
    const std::uint16_t port = tested.endpoint().port();
    EXPECT_EQ(call_add(Endpoint{"127.0.0.1", port}), 3);
    EXPECT_EQ(call_add(Endpoint{"::1", port}), 3);
    EXPECT_EQ(tested.endpoint().to_string(), "[::]:" + std::to_string(port));
}

TEST(ServerListen, OnAName) {
    ServerOptions options;
    options.listen = "localhost:0";
    TestServer tested{options};
    EXPECT_TRUE(tested.endpoint().is_loopback());
    EXPECT_EQ(call_add(tested.endpoint()), 3);
    options.listen = "no-such-host.invalid:0";
    EXPECT_THROW(TestServer{options}, std::system_error);
}

TEST(ServerListen, SeveralThreadsShareTheConnections) {
    ServerOptions options;
    options.io_threads = 3;
    Server server{options};
    server.handle("thread", [] { return static_cast<std::int64_t>(::gettid()); });
    server.start();
    std::map<std::int64_t, int> connections;
    for (int i = 0; i < 12; ++i) {
        Client client{server.endpoint()};
        ++connections[client.call(invoke<std::int64_t>("thread")).value()];
    }
    ASSERT_EQ(connections.size(), 3U);
    for (const auto& [thread, count] : connections)
        EXPECT_EQ(count, 4);
}

TEST(ServerListen, TwoServersOnThreadsThatAreGiven) {
    const IoThreads io{2};
    ServerOptions options;
    options.io = io;
    TestServer first{options};
    Server second{options};
    second.handle("add", [](int a, int b) { return a * 10 + b; });
    second.start();
    EXPECT_EQ(call_add(first.endpoint()), 3);
    EXPECT_EQ(call_add(second.endpoint()), 12);
    first.server.stop();
    EXPECT_EQ(call_add(second.endpoint()), 12);
}

// What the test below does in a process of its own; its exit code.
int run_out_of_descriptors() {
    TestServer tested;
    Client early{tested.endpoint()};
    if (early.call(invoke<int>("add", 1, 2)).value() != 3) return 2;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 40;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 3;
    // Descriptors of this side, then one connection whose other end cannot be accepted.
    std::vector<RawPeer> peers;
    try {
        while (peers.size() < 100)
            peers.emplace_back(tested.endpoint());
        return 4;
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::too_many_files_open) return 5;
    }
    const auto complaints = [&] {
        return tested.log.count(LogLevel::error, "cannot accept connections");
    };
    if (!eventually([&] { return complaints() >= 1; })) return 6;
    if (early.call(invoke<int>("add", 1, 2)).value() != 3) return 7;
    peers.clear();
    // It goes on by itself.
    if (!eventually([&] { return tested.server.stats().connections <= 1; })) return 8;
    RawPeer late{tested.endpoint()};
    if (!late.send(request(1, "add", 1, 2)) || late.receive_exactly(5) != result(1, 3)) return 9;
    return complaints() <= 2 ? 0 : 10;
}

TEST(ServerListen, SurvivesRunningOutOfDescriptors) {
    // A process of its own, started anew: the limit would stay, and threads do not survive a fork.
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(::_exit(run_out_of_descriptors()), testing::ExitedWithCode(0), "");
}

// ---- does it still work?

class Blocking : public testing::Test {
protected:
    Blocking()
        : server([this] {
              ServerOptions options;
              options.watchdog_threshold = 50ms;
              options.log = log.log();
              return options;
          }()) {
        const auto released = release.get_future().share();
        server.handle("block_it", [released] { released.wait(); });
        server.handle("block_later", [released]() -> asio::awaitable<void> {
            const auto mine = released;
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
            mine.wait();
        });
        server.handle("wait_well", []() -> asio::awaitable<void> {
            asio::steady_timer timer{co_await asio::this_coro::executor};
            timer.expires_after(200ms);
            co_await timer.async_wait(asio::use_awaitable);
        });
        server.handle("quick", [] { return 1; });
        server.start();
    }

    KeptLog log;
    std::promise<void> release;
    Server server;
};

TEST_F(Blocking, WatchdogNamesTheHandlerOnce) {
    RawPeer peer{server.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "quick") + request(2, "block_it")));
    const auto named = [&] { return log.count(LogLevel::warning, "'block_it'"); };
    EXPECT_TRUE(eventually([&] { return named() == 1; })) << log.text();
    EXPECT_FALSE(eventually([&] { return named() > 1; }, 200ms));
    release.set_value();
    EXPECT_EQ(receive_answers(peer, 2).size(), 2U);
    EXPECT_EQ(log.count(LogLevel::warning, "'quick'"), 0U);
}

TEST_F(Blocking, WatchdogNamesACoroutineThatBlocks) {
    RawPeer peer{server.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "block_later")));
    const auto named = [&] { return log.count(LogLevel::warning, "'block_later'"); };
    EXPECT_TRUE(eventually([&] { return named() == 1; })) << log.text();
    release.set_value();
    EXPECT_EQ(receive_answers(peer, 1).size(), 1U);
    // One that waits as it should holds nothing.
    EXPECT_TRUE(peer.send(request(2, "wait_well")));
    EXPECT_EQ(receive_answers(peer, 1).size(), 1U);
    EXPECT_EQ(log.count(LogLevel::warning, "'wait_well'"), 0U);
    EXPECT_EQ(named(), 1U);
}

TEST_F(Blocking, EndpointIsNotAliveWhileAThreadIsHeld) {
    const LiveEndpoint endpoint = server.endpoint();
    EXPECT_TRUE(endpoint.alive());
    RawPeer peer{server.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "block_it")));
    EXPECT_TRUE(eventually([&] { return !endpoint.alive(); }));
    release.set_value();
    EXPECT_TRUE(eventually([&] { return endpoint.alive(); }));
    peer.close();
    server.stop();
    EXPECT_FALSE(endpoint.alive());
}

TEST(ServerAlive, NeitherBeforeStartNorAfterTheServer) {
    LiveEndpoint endpoint;
    {
        Server server;
        EXPECT_FALSE(server.endpoint().alive());
        server.start();
        endpoint = server.endpoint();
        EXPECT_TRUE(endpoint.alive());
    }
    EXPECT_FALSE(endpoint.alive());
}

}  // namespace
}  // namespace rollcall::rpc::tests
