// A registry, servers that register, and a client that finds them: over real sockets, in one
// process, started and ended in every order.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>

#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using registry::Registrar;
using registry::RegistryServer;
using ::testing::HasSubstr;
using namespace tests;

class Spine : public ::testing::TestWithParam<std::string> {
protected:
    Spine() : registry_endpoint(reserved.endpoint()) {
        options.refresh = 200ms;
        options.hurry_gap = 50ms;
        options.log = Log::none();
    }

    [[nodiscard]] std::string url() const { return "http://" + registry_endpoint.to_string(); }

    void start_registry() {
        reserved.release();
        registry::RegistryServerOptions registry_options;
        registry_options.listen = registry_endpoint;
        registry_options.ttl = 300ms;
        registry_options.ttl_min = 100ms;
        registry_options.log = Log::none();
        registry = std::make_unique<RegistryServer>(registry_options);
        registry->start();
    }

    // A server and its registrar.
    struct Member {
        explicit Member(const std::string& url) {
            registry::RegistrarOptions registrar_options;
            registrar_options.service = "calculator";
            registrar_options.server = server.server().endpoint();
            registrar_options.log = Log::none();
            registrar = std::make_unique<Registrar>(url, registrar_options);
        }

        ContractServer server;
        std::unique_ptr<Registrar> registrar;
    };

    [[nodiscard]] std::unique_ptr<Member> member() const { return std::make_unique<Member>(url()); }

    [[nodiscard]] RegistryDiscovery discover() const {
        return RegistryDiscovery{url(), "calculator", options};
    }

    RefusingEndpoint reserved;  // where the registry is not yet
    const Endpoint registry_endpoint;
    RegistryDiscoveryOptions options;
    std::unique_ptr<RegistryServer> registry;
};

class StartOrder : public Spine {};

// R: registry, S: server, C: client with its first call.
TEST_P(StartOrder, TheFirstCallSucceeds) {
    std::unique_ptr<Member> server;
    std::unique_ptr<ServiceClient> client;
    std::future<Result<int>> call;
    for (const char part : GetParam()) {
        if (part == 'R') start_registry();
        if (part == 'S') server = member();
        if (part == 'C') {
            client = std::make_unique<ServiceClient>(discover());
            call = client->async_call(contract::add_once(1, 2).within(20s), asio::use_future);
        }
    }
    const Result<int> sum = call.get();
    ASSERT_TRUE(sum) << sum.error().to_string();
    EXPECT_EQ(*sum, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Spine,
    StartOrder,
    ::testing::Values("RSC", "RCS", "SRC", "SCR", "CRS", "CSR"),
    [](const auto& each) { return each.param; }
);

TEST_F(Spine, SaysThatTheRegistryIsMissing) {
    ServiceClient client{discover()};
    const auto failed = client.call(contract::add(1, 2).within(300ms));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::no_instances);
    EXPECT_THAT(failed.error().message(), HasSubstr("'calculator' at the registry " + url()));
    EXPECT_THAT(failed.error().message(), HasSubstr("refused"));
}

TEST_F(Spine, SaysThatTheServersAreMissing) {
    start_registry();
    ServiceClient client{discover()};
    const auto failed = client.call(contract::add(1, 2).within(300ms));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::no_instances);
    EXPECT_THAT(failed.error().message(), HasSubstr("is empty"));
}

TEST_F(Spine, FollowsServersThatComeAndGo) {
    start_registry();
    const auto first = member();
    auto second = member();
    ASSERT_TRUE(first->registrar->wait_registered(Deadline::in(10s)));
    ASSERT_TRUE(second->registrar->wait_registered(Deadline::in(10s)));
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.refresh());
    EXPECT_EQ(found.get_all()->size(), 2U);
    ServiceClient client{found};
    for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(client.call(contract::add(1, 2)));
    EXPECT_EQ(first->server.calls, 2);
    second->registrar->stop();
    ASSERT_TRUE(eventually([&] { return client.state().size() == 1; }));
    EXPECT_TRUE(eventually([&] { return second->server.server().stats().connections == 0; }));
}

// Killed without a goodbye: idempotent calls go on without a failure before the lease has run out.
TEST_F(Spine, LosesNoCallWhenAServerIsKilled) {
    start_registry();
    const auto staying = member();
    const auto killed = member();
    ServiceClient client{discover()};
    ASSERT_TRUE(eventually([&] { return client.state().size() == 2; }));
    for (int i = 0; i < 100; ++i) {
        if (i == 20) killed->server.kill();
        const auto sum = client.call(contract::add(1, 2));
        ASSERT_TRUE(sum) << sum.error().to_string();
    }
}

TEST_F(Spine, LosesNoCallWhenTheRegistryIsKilledAndForgets) {
    start_registry();
    const auto server = member();
    const RegistryDiscovery found = discover();
    ServiceClient client{found};
    ASSERT_TRUE(client.call(contract::add(1, 2)));
    registry.reset();
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(client.call(contract::add_once(1, 2)));
    const std::string before = found.status().index;
    start_registry();
    ASSERT_TRUE(eventually([&] {
        const auto sum = client.call(contract::add_once(1, 2).within(1s));
        EXPECT_TRUE(sum) << sum.error().to_string();
        return !found.status().error && found.status().index != before;
    }));
    EXPECT_EQ(found.get_all()->size(), 1U);
}

TEST_F(Spine, WorksOverTheHeaderProtocol) {
    start_registry();
    const std::string header_url = "header+" + url() + "?ttl=1";
    const Member server{header_url};
    ASSERT_TRUE(server.registrar->wait_registered(Deadline::in(10s)));
    const RegistryDiscovery found{header_url, "calculator", options};
    ServiceClient client{found};
    EXPECT_EQ(client.call(contract::add(1, 2)).value(), 3);
}

int threads_named(const std::string& name) {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"}) {
        std::ifstream file{task.path() / "comm"};
        std::string comm;
        std::getline(file, comm);
        if (comm == name) ++count;
    }
    return count;
}

TEST_F(Spine, SharesOneThreadPerRegistry) {
    start_registry();
    const auto server = member();
    ASSERT_TRUE(server->registrar->wait_registered(Deadline::in(10s)));
    {
        const RegistryDiscovery one = discover();
        const RegistryDiscovery two{url(), "other", options};
        const RegistryDiscovery copy = one;
        EXPECT_TRUE(one.get(SelectMode::random));
        EXPECT_TRUE(two.get_all()->empty());
        EXPECT_EQ(threads_named("rollcall-lists"), 1);
    }
    EXPECT_TRUE(eventually([] { return threads_named("rollcall-lists") == 0; }));
}

}  // namespace
}  // namespace rollcall::discovery
