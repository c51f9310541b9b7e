// How instances come back that speak plain MessagePack-RPC: they are never sent what they do not
// know.
#include "discovery/service_fixture.h"
#include "rpc/plain_server.h"
#include "support/cutting_proxy.h"
#include "support/eventually.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using rollcall::tests::CuttingProxy;
using rollcall::tests::eventually;
using rpc::tests::PlainServer;

class PlainInstance : public ::testing::TestWithParam<PlainServer::Unknown> {
protected:
    PlainInstance() : client(InMemoryDiscovery{{proxy.endpoint()}}, options()) {}

    static ServiceClientOptions options() {
        ServiceClientOptions options;
        options.avoid = {.min = 10ms, .max = 20ms};
        options.attempt_timeout = 5s;
        options.client.backoff = {.min = 1ms, .max = 5ms};
        options.client.log = Log::none();
        return options;
    }

    [[nodiscard]] bool is_avoided() const { return client.state()[0].avoided_until.has_value(); }

    [[nodiscard]] std::size_t pings() const {
        std::size_t count = 0;
        for (const auto& recording : proxy.recordings()) {
            if (recording.to_server.find("ping") != std::string::npos) ++count;
        }
        return count;
    }

    void expect_served() {
        const auto echoed = client.call(rpc::invoke<int>("echo", 5).within(10s));
        ASSERT_TRUE(echoed) << echoed.error().to_string();
        EXPECT_EQ(*echoed, 5);
    }

    std::optional<PlainServer> server{std::in_place, GetParam()};
    CuttingProxy proxy{server->endpoint()};
    ServiceClient client;
};

TEST_P(PlainInstance, ThatDidNotAnswerIsTriedAgainWithoutBeingAsked) {
    expect_served();
    EXPECT_FALSE(client.call(rpc::invoke<int>("silent").within(20ms)));
    EXPECT_TRUE(eventually([&] { return !is_avoided(); }));
    expect_served();
    EXPECT_EQ(pings(), 0U);
}

TEST_P(PlainInstance, ThatWasGoneIsConnectedToAndNotAsked) {
    expect_served();
    server.reset();
    EXPECT_FALSE(client.call(rpc::invoke<int>("echo", 5).within(50ms)));
    EXPECT_TRUE(is_avoided());
    server.emplace(GetParam());
    proxy.point_to(server->endpoint());
    EXPECT_TRUE(eventually([&] { return !is_avoided(); }));
    expect_served();
    EXPECT_EQ(pings(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    PlainInstance,
    ::testing::Values(
        PlainServer::Unknown::refuses, PlainServer::Unknown::pairs, PlainServer::Unknown::closes
    )
);

}  // namespace
}  // namespace rollcall::discovery
