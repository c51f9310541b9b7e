// Registrars and discoveries over eureka+http://, and our own registry's Eureka face.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>

#include "registry/raw_exchange.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class EurekaWithRegistry : public ::testing::Test {
protected:
    EurekaWithRegistry() { start(Endpoint{"127.0.0.1", 0}); }

    // One that remembers nothing.
    void start(const Endpoint& listen) {
        RegistryServerOptions options;
        options.listen = listen;
        options.ttl_min = 100ms;
        options.log = Log::none();
        registry = std::make_unique<RegistryServer>(options);
        registry->start();
        native = registry->url();
        url = "eureka+" + native;
    }

    static RegistrarOptions options_for(std::uint16_t port) {
        RegistrarOptions options;
        options.service = "calculator";
        options.server = Endpoint{"127.0.0.1", port};
        options.ttl = 600ms;  // so the interval is 200 ms; Eureka's lease is a whole second
        options.log = Log::none();
        return options;
    }

    static std::vector<Instance> listed(const std::string& at) {
        const auto connection = connect(at).value();
        return connection.source->read({"calculator"}, Deadline::in(5s)).value().at(0).instances;
    }

    [[nodiscard]] std::vector<std::string> ids() const {
        std::vector<std::string> ids;
        for (const Instance& instance : listed(url))
            ids.push_back(instance.id);
        return ids;
    }

    // What an Eureka client of another make registers.
    void add_web_application() {
        const std::string body =
            R"({"instance":{"instanceId":"web","hostName":"web","app":"CALCULATOR",
            "ipAddr":"192.0.2.7","port":{"$":8080,"@enabled":"true"},"status":"UP"}})";
        const auto answer = tests::http_exchange(
            registry->endpoint(),
            tests::request_bytes(
                "POST", "/eureka/apps/CALCULATOR", "Content-Type: application/json\r\n", body
            )
        );
        ASSERT_EQ(answer.status, 204);
    }

    std::unique_ptr<RegistryServer> registry;
    std::string native;
    std::string url;
};

TEST_F(EurekaWithRegistry, InstancesAreReadBackWhole) {
    RegistrarOptions options = options_for(9000);
    options.version = "2.1";
    options.zone = "a";
    options.weight = 7;
    options.tags = {"x,y", "z"};
    options.meta = {{"k", "v"}, {"zone", "mine"}};
    {
        const Registrar registrar{url, options};
        ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
        for (const std::string& each : {url, native}) {
            const auto instances = listed(each);
            ASSERT_EQ(instances.size(), 1U) << each;
            Instance expected = registrar.instance();
            expected.via = "eureka";
            expected.ttl = 1s;
            EXPECT_EQ(instances[0], expected) << each;
        }
    }
    EXPECT_THAT(listed(url), IsEmpty()) << "it has left";
}

TEST_F(EurekaWithRegistry, NativeInstancesAreReadWhole) {
    RegistrarOptions options = options_for(9000);
    options.version = "2.1";
    options.tags = {"z"};
    const Registrar registrar{native, options};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
    const auto instances = listed(url);
    ASSERT_EQ(instances.size(), 1U);
    Instance expected = registrar.instance();
    expected.via = "eureka";
    expected.ttl = 1s;
    EXPECT_EQ(instances[0], expected);
}

TEST_F(EurekaWithRegistry, InstancesStayListedForManyLeases) {
    const Registrar registrar{url, options_for(9000)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
    const Deadline end = Deadline::in(2500ms);
    EXPECT_TRUE(eventually([&] {
        EXPECT_THAT(ids(), ElementsAre("127.0.0.1:9000"));
        return end.expired();
    }));
}

TEST_F(EurekaWithRegistry, DrainingIsSeenByAllReaders) {
    Registrar registrar{url, options_for(9000)};
    for (const Status status : {Status::draining, Status::up, Status::down, Status::up}) {
        registrar.set_status(status);
        ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
        for (const std::string& each : {url, native})
            EXPECT_EQ(listed(each).at(0).effective_status(), status) << each;
    }
}

TEST_F(EurekaWithRegistry, AnOperatorsOverrideSurvivesTheHeartbeatsAndIsSeen) {
    const Registrar registrar{url, options_for(9000)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
    const auto send = [&](const char* method, const std::string& query) {
        const std::string target = "/eureka/apps/CALCULATOR/127.0.0.1:9000/status?value=" + query;
        return tests::http_exchange(
                   registry->endpoint(), tests::request_bytes(method, target, "", "")
        )
            .status;
    };
    ASSERT_EQ(send("PUT", "OUT_OF_SERVICE"), 200);
    const Deadline end = Deadline::in(600ms);
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(listed(url).at(0).effective_status(), Status::draining);
        return end.expired();
    }));
    ASSERT_EQ(send("DELETE", "UP"), 200);
    EXPECT_EQ(listed(url).at(0).effective_status(), Status::up);
    EXPECT_EQ(registrar.state(), RegistrarState::registered);
}

TEST_F(EurekaWithRegistry, RegistrarsComeBackAfterARestartWithEmptyMemory) {
    const Registrar first{url, options_for(9000)};
    const Registrar second{url, options_for(9001)};
    ASSERT_TRUE(first.wait_registered(Deadline::in(5s)));
    ASSERT_TRUE(second.wait_registered(Deadline::in(5s)));
    const Endpoint endpoint = registry->endpoint();
    registry.reset();
    EXPECT_TRUE(eventually([&] { return first.state() == RegistrarState::retrying; }));
    start(endpoint);
    EXPECT_TRUE(eventually([&] { return ids().size() == 2; }));
}

TEST_F(EurekaWithRegistry, ANewerProcessReplacesTheOlderOne) {
    std::optional<Registrar> older{std::in_place, url, options_for(9000)};
    ASSERT_TRUE(older->wait_registered(Deadline::in(5s)));
    const Registrar newer{url, options_for(9000)};
    ASSERT_TRUE(newer.wait_registered(Deadline::in(5s)));
    EXPECT_TRUE(eventually([&] { return older->state() == RegistrarState::replaced; }));
    older.reset();
    const auto instances = listed(url);
    ASSERT_EQ(instances.size(), 1U);
    EXPECT_EQ(instances[0].incarnation, newer.instance().incarnation);
    EXPECT_EQ(newer.state(), RegistrarState::registered);
}

// The registry remembers who was replaced, whatever protocol it came by.
TEST_F(EurekaWithRegistry, AReplacedProcessStaysReplaced) {
    auto older = connect(url).value().announcer;
    Instance instance;
    instance.service = "calculator";
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 9000;
    instance.incarnation = "older";
    ASSERT_TRUE(older->announce({instance}, Deadline::in(5s)));
    instance.incarnation = "newer";
    ASSERT_TRUE(connect(native).value().announcer->announce({instance}, Deadline::in(5s)));
    instance.incarnation = "older";
    auto late = connect(url).value().announcer;  // has not seen the two
    EXPECT_THAT(
        late->announce({instance}, Deadline::in(5s)).value().replaced, ElementsAre("calculator/a")
    );
    EXPECT_EQ(listed(native).at(0).incarnation, "newer");
}

TEST_F(EurekaWithRegistry, DiscoveriesChooseServersAndNotWebApplications) {
    add_web_application();
    const Registrar registrar{url, options_for(9000)};
    ASSERT_TRUE(registrar.wait_registered(Deadline::in(5s)));
    discovery::RegistryDiscoveryOptions options;
    options.log = Log::none();
    const discovery::RegistryDiscovery found{url, "calculator", options};
    for (int i = 0; i < 20; ++i)
        ASSERT_EQ(found.get(discovery::SelectMode::round_robin)->id, "127.0.0.1:9000");
    const auto all = found.get_all().value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].id, "web");
    EXPECT_EQ(all[1].scheme, "http");
    const discovery::RegistryDiscovery any{url + "/eureka?unmarked=tcp", "calculator", options};
    EXPECT_EQ(any.get_all()->at(1).scheme, "tcp");
}

TEST_F(EurekaWithRegistry, DiscoveriesServeTheLastListWhileTheRegistryIsAwayOrEmpty) {
    auto registrar = std::make_unique<Registrar>(url, options_for(9000));
    ASSERT_TRUE(registrar->wait_registered(Deadline::in(5s)));
    discovery::RegistryDiscoveryOptions options;
    options.refresh = 50ms;
    options.empty_hold = 1h;
    options.log = Log::none();
    discovery::RegistryDiscovery found{url, "calculator", options};
    ASSERT_TRUE(found.get(discovery::SelectMode::random));
    const Endpoint endpoint = registry->endpoint();
    registry.reset();
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    EXPECT_EQ(found.get_all()->size(), 1U);
    registrar.reset();
    start(endpoint);
    // A list without an epoch: it may be that of a registry that has lost its memory.
    EXPECT_TRUE(eventually([&] {
        const auto& error = found.status().error;
        return error && error->message().find("started anew") != std::string::npos;
    }));
    EXPECT_EQ(found.get_all()->size(), 1U);
    const Registrar other{url, options_for(9001)};
    EXPECT_TRUE(eventually([&] { return found.get_all()->at(0).port == 9001; }));
}

TEST_F(EurekaWithRegistry, OneOfSeveralServersIsEnough) {
    Endpoint nobody;
    {
        const rollcall::tests::RawListener free;
        nobody = free.endpoint();
    }
    const std::string both =
        "eureka+http://" + nobody.to_string() + "," + registry->endpoint().to_string() + "/eureka";
    const Registrar registrar{both, options_for(9000)};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)));
    EXPECT_EQ(listed(both).size(), 1U);
}

}  // namespace
}  // namespace rollcall::registry
