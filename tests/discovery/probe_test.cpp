// Instances that are avoided, and how they come back: over real sockets.
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <gtest/gtest.h>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

// A server of the contract that answers everything with an error while it is broken.
class BreakableServer {
public:
    BreakableServer() : server_(options()) {
        server_.handle(contract::add, [this](int a, int b) {
            ++calls;
            if (broken) throw std::runtime_error{"no database"};
            return a + b;
        });
        server_.start();
    }

    [[nodiscard]] Endpoint endpoint() const { return server_.endpoint(); }

    std::atomic<bool> broken{false};
    std::atomic<int> calls{0};

private:
    static rpc::ServerOptions options() {
        rpc::ServerOptions options;
        options.listen = "127.0.0.1:0";
        options.log = Log::none();
        return options;
    }

    rpc::Server server_;
};

TEST(Probes, BringBackAnInstanceWithoutACaller) {
    ContractServer good;
    RefusingEndpoint refusing;
    const Endpoint dead = refusing.endpoint();
    auto options = prefer(dead);
    options.avoid = {.min = 10ms, .max = 50ms};
    ServiceClient client{InMemoryDiscovery{{dead, good.endpoint()}}, options};
    ASSERT_TRUE(client.call(contract::add_once(1, 2)));
    ASSERT_TRUE(state_of(client, dead).avoided_until);
    refusing.release();
    ContractServer back{dead.to_string()};
    EXPECT_TRUE(eventually([&] { return !state_of(client, dead).avoided_until; }));
    EXPECT_EQ(back.calls, 0) << "a probe is no call of a method";
    EXPECT_EQ(state_of(client, dead).attempts, 1U) << "nor an attempt";
    EXPECT_TRUE(client.call(contract::add_once(1, 2)));
    EXPECT_EQ(back.calls, 1);
}

TEST(Probes, GoOnWhileNobodyAnswersThem) {
    ContractServer good;
    SilentServer silent;
    auto options = prefer(silent.endpoint());
    options.avoid = {.min = 10ms, .max = 10ms};
    options.attempt_timeout = 20ms;
    options.client.connect_timeout = 100ms;
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), good.endpoint()}}, options};
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    const InstanceState state = state_of(client, silent.endpoint());
    EXPECT_TRUE(state.avoided_until) << "it accepts connections, and nothing else";
    EXPECT_EQ(state.attempts, 1U);
}

TEST(Probes, EndWithTheClient) {
    RefusingEndpoint refusing;
    auto options = prefer(refusing.endpoint());
    options.avoid = {.min = 1ms, .max = 1ms};
    for (int i = 0; i < 20; ++i) {
        ServiceClient client{InMemoryDiscovery{{refusing.endpoint()}}, options};
        ASSERT_FALSE(client.call(contract::add_once(1, 2).within(5ms)));
    }
}

TEST(Avoiding, TakesSeveralTimeOutsInARowIfTold) {
    ContractServer good;
    SilentServer silent;
    auto options = prefer(silent.endpoint());
    options.avoid_after = 3;
    options.attempt_timeout = 10ms;
    options.avoid = {.min = 1h, .max = 1h};
    ServiceClient client{InMemoryDiscovery{{silent.endpoint(), good.endpoint()}}, options};
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    EXPECT_EQ(state_of(client, silent.endpoint()).attempts, 3U);
}

TEST(Avoiding, LeavesOneThatFailsMoreThanTheOthers) {
    std::vector<std::unique_ptr<BreakableServer>> servers;
    std::vector<Endpoint> endpoints;
    for (int i = 0; i < 4; ++i) {
        servers.push_back(std::make_unique<BreakableServer>());
        endpoints.push_back(servers.back()->endpoint());
    }
    ServiceClientOptions options;
    options.avoid = {.min = 1h, .max = 1h};
    options.client.log = Log::none();
    ServiceClient client{InMemoryDiscovery{endpoints}, options};
    servers[0]->broken = true;
    int failed = 0;
    for (int i = 0; i < 400; ++i)
        failed += client.call(contract::add(1, 2)) ? 0 : 1;
    EXPECT_LE(failed, 25) << "twenty calls prove it";
    EXPECT_GE(failed, 19);
    EXPECT_TRUE(state_of(client, endpoints[0]).avoided_until);
    for (int i = 1; i < 4; ++i)
        servers[static_cast<std::size_t>(i)]->broken = true;
    for (int i = 0; i < 400; ++i)
        EXPECT_FALSE(client.call(contract::add(1, 2)));
    int avoided = 0;
    for (const InstanceState& state : client.state())
        avoided += state.avoided_until ? 1 : 0;
    EXPECT_EQ(avoided, 1) << "what fails everywhere is not their fault";
}

TEST(Avoiding, ForErrorsEndsAfterItsPause) {
    BreakableServer broken;
    BreakableServer good;
    ServiceClientOptions options;
    options.avoid = {.min = 50ms, .max = 50ms};
    options.client.log = Log::none();
    ServiceClient client{InMemoryDiscovery{{broken.endpoint(), good.endpoint()}}, options};
    broken.broken = true;
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(client.call(contract::add(1, 2)));
        return state_of(client, broken.endpoint()).avoided_until.has_value();
    }));
    broken.broken = false;
    EXPECT_TRUE(eventually([&] { return !state_of(client, broken.endpoint()).avoided_until; }));
}

}  // namespace
}  // namespace rollcall::discovery
