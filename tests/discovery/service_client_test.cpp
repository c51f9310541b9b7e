// One client of several servers: choosing, waiting, threads, tokens and the end.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <map>
#include <stdexcept>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using ::testing::HasSubstr;
using namespace tests;

TEST(ServiceClient, TakesTheInstancesInTurn) {
    ContractServer servers[3];
    ServiceClient client{
        InMemoryDiscovery{{servers[0].endpoint(), servers[1].endpoint(), servers[2].endpoint()}}};
    for (int i = 0; i < 9; ++i)
        ASSERT_EQ(client.call(contract::add(1, 2)).value(), 3);
    for (const ContractServer& server : servers)
        EXPECT_EQ(server.calls, 3);
}

TEST(ServiceClient, UsesASelectorOfOnesOwn) {
    ContractServer one;
    ContractServer two;
    ServiceClient client{
        InMemoryDiscovery{{one.endpoint(), two.endpoint()}}, prefer(two.endpoint())};
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    EXPECT_EQ(two.calls, 5);
}

TEST(ServiceClient, SurvivesASelectorThatIsOutOfRange) {
    class Wild final : public Selector {
        [[nodiscard]] std::size_t choose(const Candidates&) override { return 99; }
    };

    ContractServer one;
    ServiceClientOptions options;
    options.selector = std::make_shared<Wild>();
    ServiceClient client{InMemoryDiscovery{{one.endpoint()}}, options};
    EXPECT_TRUE(client.call(contract::add(1, 2)));
}

// It left the calls behind it waiting for ever.
TEST(ServiceClient, SurvivesASelectorThatThrows) {
    class Broken final : public Selector {
        [[nodiscard]] std::size_t choose(const Candidates&) override {
            throw std::runtime_error{"no choice"};
        }
    };

    ContractServer one;
    InMemoryDiscovery found;
    ServiceClientOptions options;
    options.selector = std::make_shared<Broken>();
    ServiceClient client{found, options};
    std::vector<std::future<Result<int>>> waiting;
    for (int i = 0; i < 3; ++i)
        waiting.push_back(client.async_call(contract::add(1, 2).within(1h), asio::use_future));
    found.add(one.endpoint());
    for (auto& call : waiting) {
        const auto result = call.get();
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().message(), HasSubstr("no choice"));
        EXPECT_EQ(result.error().sent(), Sent::not_sent);
    }
}

TEST(ServiceClient, WaitsForTheFirstInstance) {
    ContractServer server;
    InMemoryDiscovery found = InMemoryDiscovery::without_list();
    ServiceClient client{found};
    auto sum = client.async_call(contract::add(1, 2), asio::use_future);
    EXPECT_EQ(sum.wait_for(20ms), std::future_status::timeout);
    found.update({});
    EXPECT_EQ(sum.wait_for(20ms), std::future_status::timeout);
    found.add(server.endpoint());
    EXPECT_EQ(sum.get().value(), 3);
}

TEST(ServiceClient, SaysWhatWasMissing) {
    InMemoryDiscovery found = InMemoryDiscovery::without_list();
    found.fail("cannot connect to 127.0.0.1:7070: connection refused");
    ServiceClient client{found};
    const TimePoint start = SteadyClock::now();
    const auto none = client.call(contract::add(1, 2).within(50ms));
    EXPECT_GE(SteadyClock::now() - start, 50ms);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    EXPECT_EQ(none.error().sent(), Sent::not_sent);
    EXPECT_EQ(none.error().method(), "add");
    EXPECT_THAT(none.error().message(), HasSubstr("127.0.0.1:7070: connection refused"));
    found.update({});
    const auto empty = client.call(contract::add(1, 2).within(1ms));
    ASSERT_FALSE(empty);
    EXPECT_THAT(empty.error().message(), HasSubstr("is empty"));
}

TEST(ServiceClient, WaitsForAtMostSoManyCalls) {
    const InMemoryDiscovery found;
    ServiceClientOptions options;
    options.max_waiting = 2;
    ServiceClient client{found, options};
    auto first = client.async_call(contract::add(1, 2).within(30s), asio::use_future);
    auto second = client.async_call(contract::add(1, 2).within(30s), asio::use_future);
    const auto third = client.call(contract::add(1, 2));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code(), Errc::overloaded);
    EXPECT_EQ(third.error().sent(), Sent::not_sent);
    client.stop();
    EXPECT_EQ(first.get().error().code(), Errc::shutting_down);
    EXPECT_EQ(second.get().error().code(), Errc::shutting_down);
}

TEST(ServiceClient, WaitsUntilItIsReady) {
    InMemoryDiscovery found;
    ServiceClient client{found};
    const auto none = client.wait_ready(Deadline::in(20ms));
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::no_instances);
    ContractServer server;
    found.add(server.endpoint());
    EXPECT_TRUE(client.wait_ready(Deadline::in(10s)));
    EXPECT_EQ(client.state()[0].connection, rpc::ClientState::ready);
}

// One that refused connections held the wait until its end.
TEST(ServiceClient, ReadinessIsAwaited) {
    ContractServer server;
    ServiceClient client{InMemoryDiscovery{{server.endpoint()}}};
    EXPECT_TRUE(client.async_wait_ready(Deadline::in(5s), asio::use_future).get());
    EXPECT_EQ(client.state()[0].connection, rpc::ClientState::ready);
    EXPECT_EQ(server.calls, 0);
    ServiceClient alone{InMemoryDiscovery{}};
    EXPECT_FALSE(alone.async_wait_ready(Deadline::in(10ms), asio::use_future).get());
}

TEST(ServiceClient, IsReadyAlthoughTheFirstInstanceIsDead) {
    ContractServer good;
    RefusingEndpoint dead;
    const MultiServersDiscovery both{InstanceList{dead.endpoint(), good.endpoint()}};
    ServiceClient client{both, prefer(dead.endpoint())};
    EXPECT_TRUE(client.wait_ready(Deadline::in(900ms)));
}

TEST(ServiceClient, NotifiesOneInstance) {
    ContractServer one;
    ContractServer two;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    ServiceClient client{InMemoryDiscovery{{dead, one.endpoint(), two.endpoint()}}, prefer(dead)};
    client.notify(contract::note(1));
    EXPECT_TRUE(eventually([&] { return one.calls + two.calls == 1; }));
    EXPECT_TRUE(eventually([&] {
        std::size_t in_flight = 0;
        for (const InstanceState& state : client.state())
            in_flight += state.in_flight;
        return in_flight == 0;
    }));
}

TEST(ServiceClient, SendsItsToken) {
    rpc::ServerOptions server_options;
    server_options.token = "secret";
    rpc::Server server{server_options};
    server.handle("one", [] { return 1; });
    server.start();
    const InMemoryDiscovery found{{server.endpoint()}};
    ServiceClient trusted{found, {.token = "secret"}};
    EXPECT_EQ(trusted.call(rpc::invoke<int>("one")).value(), 1);
    ServiceClient stranger{found};
    const auto refused = stranger.call(rpc::invoke<int>("one"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unauthenticated);
}

TEST(ServiceClient, RefusesABlockingCallOnAnIoThread) {
    ContractServer server;
    ServiceClient client{InMemoryDiscovery{{server.endpoint()}}};
    const rpc::IoThreads threads{1};
    std::promise<Errc> called;
    std::promise<Errc> broadcast;
    std::promise<Errc> waited;
    asio::post(threads.executor(), [&] {
        called.set_value(client.call(contract::add(1, 2)).error().code());
        broadcast.set_value(client.broadcast(contract::add(1, 2)).error()->code());
        waited.set_value(client.wait_ready(Deadline::in(1s)).error().code());
    });
    EXPECT_EQ(called.get_future().get(), Errc::would_deadlock);
    EXPECT_EQ(broadcast.get_future().get(), Errc::would_deadlock);
    EXPECT_EQ(waited.get_future().get(), Errc::would_deadlock);
}

asio::awaitable<int> sum_in_turn(ServiceClient& client) {
    int sum = 0;
    for (int i = 0; i < 10; ++i) {
        const Result<int> part = co_await client.async_call(contract::add(i, i).within(5s));
        sum += part.value();
    }
    BroadcastOptions options;
    options.until = Until::all;
    const auto replies = co_await client.async_broadcast(contract::add(1, 1), options);
    for (const auto& reply : replies)
        sum += reply.result.value();
    co_return sum;
}

TEST(ServiceClient, IsAwaited) {
    const rpc::IoThreads threads{1};  // outlive the client, which completes its calls there
    ContractServer one;
    ContractServer two;
    ServiceClient client{InMemoryDiscovery{{one.endpoint(), two.endpoint()}}};
    auto sum = asio::co_spawn(threads.executor(), sum_in_turn(client), asio::use_future);
    EXPECT_EQ(sum.get(), 90 + 4);
}

TEST(ServiceClient, ServesManyThreadsWhileTheListChanges) {
    ContractServer servers[3];
    InMemoryDiscovery found{{servers[0].endpoint(), servers[1].endpoint()}};
    ServiceClient client{found};
    std::atomic<int> done{0};
    std::atomic<int> failed{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 8; ++t) {
        callers.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                if (!client.call(contract::add_once(i, 1))) ++failed;
                ++done;
            }
        });
    }
    while (done < 1600) {
        found.update({servers[0].endpoint(), servers[2].endpoint()});
        found.update({servers[1].endpoint(), servers[0].endpoint()});
        static_cast<void>(client.state());
    }
    for (std::thread& caller : callers)
        caller.join();
    EXPECT_EQ(failed, 0);
}

TEST(ServiceClient, RefusesOptionsThatMakeNoSense) {
    const InMemoryDiscovery found;
    EXPECT_THROW(ServiceClient(found, {.call_timeout = 0ms}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.attempt_timeout = -1ms}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.max_attempts = 0}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.retry_ratio = -1}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.max_waiting = 0}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.connections = 0}), std::invalid_argument);
    EXPECT_NO_THROW(ServiceClient(found, {.connections = 64}));
    EXPECT_THROW(ServiceClient(found, {.connections = 65}), std::invalid_argument);
    const double endless = std::numeric_limits<double>::infinity();
    const double none = std::numeric_limits<double>::quiet_NaN();
    EXPECT_NO_THROW(ServiceClient(found, {.retry_ratio = 1000}));
    EXPECT_THROW(ServiceClient(found, {.retry_ratio = 1001}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.retry_ratio = none}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.avoid = {.growth = endless}}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.avoid = {.growth = 0.9}}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.avoid = {.jitter = 1.1}}), std::invalid_argument);
    EXPECT_THROW(ServiceClient(found, {.avoid = {.jitter = none}}), std::invalid_argument);
    // Those of the connections, which are made later.
    EXPECT_THROW(ServiceClient(found, {.client = {.max_in_flight = 0}}), std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::discovery
