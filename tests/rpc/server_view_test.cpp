// What a server that runs tells about itself: calls by method, connections, health.

#include <rollcall/rpc/server_report.h>

#include "server_harness.h"

#include <gtest/gtest.h>

#include <future>
#include <sys/socket.h>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

MethodStats stats_of(const Server& server, std::string_view name) {
    for (const MethodStats& stats : server.method_stats()) {
        if (stats.name == name) return stats;
    }
    return {};
}

TEST(ServerMethodStats, CountCallsByMethodWithTheirOutcomesAndBytes) {
    TestServer tested;
    Client client{tested.endpoint()};
    for (int i = 0; i < 3; ++i)
        ASSERT_EQ(client.call(invoke<int>("add", i, 1)).value(), i + 1);
    ASSERT_EQ(client.call(invoke<int>("add", "x", 1)).error().code(), Errc::invalid_arguments);
    const MethodStats add = stats_of(tested.server, "add");
    EXPECT_EQ(add.ok, 3U);
    ASSERT_EQ(add.errors.size(), 1U);
    EXPECT_EQ(add.errors[0], (std::pair<std::string, std::uint64_t>{"invalid_arguments", 1}));
    EXPECT_EQ(add.latency.total(), 4U);
    EXPECT_EQ(add.signature, "int(int,int)");
    EXPECT_EQ(add.in_flight, 0U);
    EXPECT_GT(add.latency.sum, 0ns);
    EXPECT_GE(add.request_bytes, 4 * 8U);
    EXPECT_GE(add.reply_bytes, 4 * 5U);
    EXPECT_EQ(stats_of(tested.server, "echo").calls(), 0U) << "listed before it was called";
}

TEST(ServerMethodStats, BytesAreThoseOfTheWholeMessages) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    const std::string asked = request(7, "add", 1, 2) + request(8, "add", 3, 4);
    ASSERT_TRUE(peer.send(asked));
    const std::string answered = result(7, 3) + result(8, 7);
    ASSERT_EQ(peer.receive_exactly(answered.size()), answered);
    const MethodStats add = stats_of(tested.server, "add");
    EXPECT_EQ(add.request_bytes, asked.size());
    EXPECT_EQ(add.reply_bytes, answered.size());
    // Those of the server as a whole are settled after the replies have left.
    EXPECT_TRUE(eventually([&] {
        const ServerStats stats = tested.server.stats();
        return stats.bytes_read == asked.size() && stats.bytes_written == answered.size();
    }));
}

TEST(ServerMethodStats, ShowWhatIsInFlightUntilItEnds) {
    TestServer tested;
    Client client{tested.endpoint()};
    auto held = std::async(std::launch::async, [&] {
        return client.call(invoke<std::size_t>("hold", "x").within(20s));
    });
    ASSERT_TRUE(eventually([&] { return stats_of(tested.server, "hold").in_flight == 1; }));
    EXPECT_EQ(tested.server.view().health().in_flight, 1U);
    EXPECT_EQ(stats_of(tested.server, "hold").calls(), 0U) << "it has not ended";
    tested.gate.open();
    EXPECT_EQ(held.get().value(), 1U);
    const MethodStats hold = stats_of(tested.server, "hold");
    EXPECT_EQ(hold.in_flight, 0U);
    EXPECT_EQ(hold.ok, 1U);
}

TEST(ServerMethodStats, ACallWhoseConnectionIsGoneIsCountedOnceAsLost) {
    TestServer tested;
    {
        RawPeer peer{tested.endpoint()};
        ASSERT_TRUE(peer.send(hello(0) + request(1, "hold", "x")));
        ASSERT_TRUE(eventually([&] { return stats_of(tested.server, "hold").in_flight == 1; }));
    }
    tested.gate.open();
    ASSERT_TRUE(eventually([&] { return stats_of(tested.server, "hold").calls() == 1; }));
    const MethodStats hold = stats_of(tested.server, "hold");
    EXPECT_EQ(hold.in_flight, 0U);
    ASSERT_EQ(hold.errors.size(), 1U);
    EXPECT_EQ(hold.errors[0].first, "connection_lost");
}

TEST(ServerMethodStats, UnknownMethodsAreOneRowWhateverTheirNames) {
    TestServer tested;
    Client client{tested.endpoint()};
    const std::size_t known = tested.server.method_stats().size();
    for (int i = 0; i < 50; ++i) {
        const auto refused = client.call(invoke<int>("no-such-" + std::to_string(i)));
        ASSERT_EQ(refused.error().code(), Errc::method_not_found);
    }
    EXPECT_EQ(tested.server.method_stats().size(), known + 1);
    const MethodStats unknown = stats_of(tested.server, CallMetrics::kUnknown);
    EXPECT_EQ(unknown.calls(), 50U);
    ASSERT_EQ(unknown.errors.size(), 1U);
    EXPECT_EQ(unknown.errors[0].first, "method_not_found");
}

TEST(ServerMethodStats, CountNotificationsPoolHandlersAndResultsThatAreTooLarge) {
    ServerOptions options;
    options.limits.max_message_bytes = 4096;
    TestServer tested{options};
    Client client{tested.endpoint()};
    client.notify(invoke<void>("note", "x"));
    ASSERT_TRUE(client.call(invoke<codec::Raw>("on_pool")).has_value());
    EXPECT_EQ(stats_of(tested.server, "on_pool").ok, 1U);
    EXPECT_TRUE(eventually([&] { return stats_of(tested.server, "note").ok == 1; }));
    const auto large = client.call(invoke<codec::Raw>("big", 100'000));
    EXPECT_EQ(large.error().code(), Errc::result_too_large);
    const MethodStats big = stats_of(tested.server, "big");
    ASSERT_EQ(big.errors.size(), 1U);
    EXPECT_EQ(big.errors[0].first, "result_too_large");
}

TEST(ServerMethodStats, AreZeroIfNotWanted) {
    ServerOptions options;
    options.count_calls = false;
    TestServer tested{options};
    Client client{tested.endpoint()};
    ASSERT_TRUE(client.call(invoke<int>("add", 1, 2)).has_value());
    EXPECT_EQ(stats_of(tested.server, "add").signature, "int(int,int)");
    EXPECT_EQ(stats_of(tested.server, "add").calls(), 0U);
    EXPECT_FALSE(client.call(invoke<int>("nobody")).has_value());
    EXPECT_EQ(stats_of(tested.server, CallMetrics::kUnknown).name, "");
}

TEST(ServerConnections, TellWhoIsConnectedOldestFirst) {
    ServerOptions options;
    options.io_threads = 2;
    TestServer tested{options};
    RawPeer plain{tested.endpoint()};
    ASSERT_TRUE(plain.send(request(1, "add", 1, 2)));
    ASSERT_EQ(receive_answers(plain, 1).size(), 1U);
    Client client{tested.endpoint()};
    ASSERT_TRUE(client.call(invoke<int>("add", 1, 2)).has_value());
    const ConnectionList list = tested.server.connections();
    EXPECT_TRUE(list.is_complete);
    EXPECT_EQ(list.total, 2U);
    ASSERT_EQ(list.connections.size(), 2U);
    EXPECT_FALSE(list.connections[0].is_rollcall);
    EXPECT_EQ(list.connections[0].requests, 1U);
    EXPECT_EQ(list.connections[0].bytes_read, request(1, "add", 1, 2).size());
    EXPECT_TRUE(list.connections[0].peer.starts_with("127.0.0.1:"));
    EXPECT_TRUE(list.connections[1].is_rollcall);
    EXPECT_GE(list.connections[0].age, list.connections[1].age);
    const ConnectionList one = tested.server.connections(1);
    EXPECT_EQ(one.total, 2U);
    EXPECT_EQ(one.connections.size(), 1U);
}

TEST(ServerConnections, AreOnlyANumberOnAnIoThreadAndIncompleteIfOneHangs) {
    std::promise<void> let_go;
    const auto released = let_go.get_future().share();
    std::atomic<bool> hangs{false};
    Server server{ServerOptions{.watchdog_threshold = 0s}};
    server.handle("look", [&server] {
        const ConnectionList list = server.connections();
        return list.total == 1 && !list.is_complete && list.connections.empty();
    });
    server.handle("hang", [&] {
        hangs = true;
        released.wait();
    });
    server.start();
    Client client{server.endpoint()};
    EXPECT_TRUE(client.call(invoke<bool>("look")).value());
    client.notify(invoke<void>("hang"));
    ASSERT_TRUE(eventually([&] { return hangs.load(); }));
    EXPECT_FALSE(server.connections().is_complete) << "it waits for no thread without a limit";
    EXPECT_TRUE(eventually([&] { return server.view().health().status == ServerStatus::stuck; }));
    let_go.set_value();
    EXPECT_TRUE(eventually([&] { return server.connections().is_complete; }));
}

TEST(ServerHealth, FollowsTheServersLife) {
    auto tested = std::make_unique<Server>();
    const ServerView view = tested->view();
    EXPECT_EQ(view.health().status, ServerStatus::starting);
    EXPECT_TRUE(view.connections().connections.empty());
    EXPECT_EQ(view.connect().error().code(), Errc::shutting_down);
    tested->start();
    EXPECT_EQ(view.health().status, ServerStatus::serving);
    EXPECT_GT(view.health().uptime, 0ns);
    tested->stop(0s);
    EXPECT_EQ(view.health().status, ServerStatus::stopped);
    tested.reset();
    EXPECT_EQ(view.health().status, ServerStatus::stopped);
    EXPECT_TRUE(view.method_stats().empty());
    EXPECT_EQ(view.connect().error().code(), Errc::shutting_down);
}

TEST(ServerHealth, DrainsWhileHandlersRunOnAndIsOverloadedAtItsBudget) {
    ServerOptions options;
    options.max_request_bytes = 1;
    TestServer tested{options};
    Client client{tested.endpoint()};
    auto held = std::async(std::launch::async, [&] {
        return client.call(invoke<std::size_t>("hold", "x").within(20s));
    });
    const ServerView view = tested.server.view();
    EXPECT_TRUE(eventually([&] { return view.health().status == ServerStatus::overloaded; }));
    auto stopped = std::async(std::launch::async, [&] { tested.server.stop(20s); });
    EXPECT_TRUE(eventually([&] { return view.health().status == ServerStatus::draining; }));
    tested.gate.open();
    EXPECT_EQ(held.get().value(), 1U);
    stopped.get();
    EXPECT_EQ(view.health().status, ServerStatus::stopped);
}

TEST(ServerIntrospection, AnswersHealthAndStatsAsMapsThatDoNotCountThemselves) {
    TestServer tested{ServerOptions{.name = "tested"}};
    Client client{tested.endpoint()};
    ASSERT_TRUE(client.call(invoke<int>("add", 1, 2)).has_value());
    const auto health = client.call(invoke<codec::Raw>("$/health"));
    ASSERT_TRUE(health.has_value()) << health.error().to_string();
    EXPECT_NE(health->bytes().find("serving"), std::string::npos);
    EXPECT_NE(health->bytes().find("tested"), std::string::npos);
    const auto stats = client.call(invoke<codec::Raw>("$/stats"));
    ASSERT_TRUE(stats.has_value());
    EXPECT_TRUE(codec::is_one_value(stats->bytes()));
    for (const char* key : {"status", "uptime_s", "bytes_read", "bounds_us", "methods", "p99_us"})
        EXPECT_NE(stats->bytes().find(key), std::string::npos) << key;
    EXPECT_EQ(stats_of(tested.server, "$/stats").name, "");
    EXPECT_EQ(
        client.call(invoke<codec::Raw>("$/stats", 1)).error().code(), Errc::invalid_arguments
    );
}

TEST(ServerIntrospection, NeedsTheTokenAsOtherMethodsDo) {
    TestServer tested{ServerOptions{.token = "open-sesame"}};
    Client stranger{tested.endpoint()};
    for (const char* method : {"$/health", "$/stats", "$/methods"}) {
        const auto refused = stranger.call(invoke<codec::Raw>(method));
        EXPECT_EQ(refused.error().code(), Errc::unauthenticated) << method;
    }
    Client friendly{tested.endpoint(), ClientOptions{.token = "open-sesame"}};
    EXPECT_TRUE(friendly.call(invoke<codec::Raw>("$/health")).has_value());
}

TEST(ServerOwnConnection, NeedsNeitherNetworkNorToken) {
    TestServer tested{ServerOptions{.token = "open-sesame"}};
    const ServerView view = tested.server.view();
    Client client{
        tested.endpoint(), ClientOptions{.connect_with = [view] { return view.connect(); }}};
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    const ConnectionList list = tested.server.connections();
    ASSERT_EQ(list.connections.size(), 1U);
    EXPECT_EQ(list.connections[0].peer, "this process");
    EXPECT_TRUE(list.connections[0].is_rollcall);
    tested.server.stop(0s);
    const auto late = client.call(invoke<int>("add", 1, 2).within(200ms));
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().sent(), Sent::not_sent);
}

TEST(ServerOwnConnection, CountsAgainstTheLimit) {
    TestServer tested{ServerOptions{.max_connections = 1}};
    const auto first = tested.server.view().connect();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(tested.server.view().connect().error().code(), Errc::overloaded);
    ::shutdown(*first, SHUT_RDWR);
    ::close(*first);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
    const auto second = tested.server.view().connect();
    ASSERT_TRUE(second.has_value());
    ::close(*second);
}

TEST(ServerFirstByte, TellsHttpClientsOfAnAdminListenerThatCameLater) {
    TestServer tested{ServerOptions{.http_hint = "see the manual"}};
    tested.server.view().announce_admin("http://127.0.0.1:1");
    RawPeer peer{tested.endpoint()};
    ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    const std::string answer = peer.receive_all();
    EXPECT_NE(
        answer.find("not HTTP; see the manual; admin: http://127.0.0.1:1.\n"), std::string::npos
    ) << answer;
}

}  // namespace
}  // namespace rollcall::rpc::tests
