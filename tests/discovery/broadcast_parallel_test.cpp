// Broadcasts to many, with a bound on how many are asked at once.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

TEST(Broadcast, KeepsToItsBoundOfParallelism) {
    std::atomic<int> running{0};
    std::atomic<int> most{0};
    std::vector<std::unique_ptr<rpc::Server>> servers;
    std::vector<Endpoint> endpoints;
    for (int i = 0; i < 12; ++i) {
        servers.push_back(std::make_unique<rpc::Server>());
        servers.back()->handle(
            "work",
            [&] {
                const int now = ++running;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
                std::this_thread::yield();
                --running;
                return 1;
            },
            {.run = rpc::RunOn::pool}
        );
        servers.back()->start();
        endpoints.push_back(servers.back()->endpoint());
    }
    ServiceClient client{InMemoryDiscovery{endpoints}};
    for (const std::size_t bound : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
        most = 0;
        BroadcastOptions options;
        options.parallel = bound;
        const auto result = client.broadcast(rpc::invoke<int>("work"), options);
        EXPECT_EQ(result.succeeded(), 12U);
        EXPECT_LE(most, static_cast<int>(bound));
    }
}

TEST(Broadcast, OfManyDeadInstancesOneAtATimeIsNoDeepStack) {
    std::vector<std::unique_ptr<RefusingEndpoint>> refusing;
    std::vector<Endpoint> endpoints;
    for (int i = 0; i < 200; ++i) {
        refusing.push_back(std::make_unique<RefusingEndpoint>());
        endpoints.push_back(refusing.back()->endpoint());
    }
    ServiceClientOptions service_options;
    service_options.client.log = Log::none();
    ServiceClient client{InMemoryDiscovery{endpoints}, service_options};
    BroadcastOptions options;
    options.parallel = 1;
    const auto result = client.broadcast(contract::add(1, 2).within(20s), options);
    EXPECT_EQ(result.failed(), 200U);
    EXPECT_EQ(result.reduce(0, std::plus{}).error().code(), Errc::connect_failed);
}

// 990 of 1,000 instances were avoided because the first ten had used up the time.
TEST(Broadcast, AnInstanceThatWasNeverAskedIsNotBlamed) {
    SilentServer silent;
    std::vector<std::unique_ptr<ContractServer>> good;
    std::vector<Endpoint> endpoints{silent.endpoint()};
    for (int i = 0; i < 4; ++i) {
        good.push_back(std::make_unique<ContractServer>());
        endpoints.push_back(good.back()->endpoint());
    }
    std::sort(endpoints.begin(), endpoints.end(), [](const Endpoint& a, const Endpoint& b) {
        return a.to_string() < b.to_string();
    });
    ServiceClientOptions service_options;
    service_options.client.log = Log::none();
    ServiceClient client{InMemoryDiscovery{endpoints}, service_options};
    BroadcastOptions options;
    options.parallel = 1;
    const auto result = client.broadcast(contract::add(1, 2).within(100ms), options);
    EXPECT_GT(result.failed(), 0U);
    for (const InstanceState& state : client.state()) {
        const bool is_silent = state.instance.endpoint() == silent.endpoint();
        EXPECT_EQ(state.avoided_until.has_value(), is_silent) << state.instance.id;
        EXPECT_EQ(state.failures, is_silent ? 1U : 0U);
    }
}

}  // namespace
}  // namespace rollcall::discovery
