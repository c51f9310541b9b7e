// Registrars, sources and a real registry: in this process, and as one that is killed and stopped.
#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>

#include "registry/registry_process.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::eventually;
using tests::RegistryProcess;

constexpr auto kTtl = 300ms;  // so the interval is 100 ms

std::unique_ptr<RegistryServer> registry_at(
    const Endpoint& listen = {"127.0.0.1", 0}, std::chrono::milliseconds ttl = kTtl
) {
    RegistryServerOptions options;
    options.listen = listen;
    options.ttl = ttl;
    options.ttl_min = 100ms;
    options.log = Log::none();
    auto server = std::make_unique<RegistryServer>(options);
    server->start();
    return server;
}

RegistrarOptions options_for(std::uint16_t port, const std::string& service = "calculator") {
    RegistrarOptions options;
    options.service = service;
    options.server = Endpoint{"127.0.0.1", port};
    options.log = Log::none();
    return options;
}

std::vector<Instance> listed(const std::string& url, const std::string& service = "calculator") {
    const auto connection = connect(url).value();
    auto snapshots = connection.source->read({service}, Deadline::in(5s));
    return snapshots ? snapshots->at(0).instances : std::vector<Instance>{};
}

bool is_listed(const std::string& url, const std::string& id) {
    for (const Instance& instance : listed(url)) {
        if (instance.id == id) return true;
    }
    return false;
}

TEST(RegistrarWithRegistry, IsListedUntilItStops) {
    const auto registry = registry_at();
    {
        RegistrarOptions options = options_for(9000);
        options.meta = {{"k", "v"}};
        options.zone = "a";
        const Registrar registrar{registry->url(), options};
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        const auto instances = listed(registry->url());
        ASSERT_EQ(instances.size(), 1U);
        EXPECT_EQ(instances[0].id, "127.0.0.1:9000");
        EXPECT_EQ(instances[0].endpoint(), (Endpoint{"127.0.0.1", 9000}));
        EXPECT_EQ(instances[0].incarnation, registrar.instance().incarnation);
        EXPECT_EQ(instances[0].meta.at("k"), "v");
        EXPECT_EQ(instances[0].zone, "a");
    }
    EXPECT_THAT(listed(registry->url()), IsEmpty());
}

TEST(RegistrarWithRegistry, StaysListedForManyLeases) {
    const auto registry = registry_at();
    const Registrar registrar{registry->url(), options_for(9000)};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    const Deadline end = Deadline::in(5 * kTtl);
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(is_listed(registry->url(), "127.0.0.1:9000"));
        return end.expired();
    }));
}

TEST(RegistrarWithRegistry, AdvertisesTheAddressItReachesTheRegistryFrom) {
    const auto registry = registry_at();
    RegistrarOptions options = options_for(9000);
    options.server = Endpoint{"0.0.0.0", 9000};
    const Registrar registrar{registry->url(), options};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_TRUE(is_listed(registry->url(), "127.0.0.1:9000"));
}

TEST(RegistrarWithRegistry, ComesBackAfterARestartWithEmptyMemory) {
    auto registry = registry_at();
    const Endpoint endpoint = registry->endpoint();
    const Registrar first{registry->url(), options_for(9000)};
    const Registrar second{"header+" + registry->url() + "?ttl=0.3", options_for(9001)};
    EXPECT_TRUE(first.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_TRUE(second.wait_registered(Deadline::in(5s)).has_value());
    registry.reset();
    registry = registry_at(endpoint);
    EXPECT_TRUE(eventually([&] { return listed(registry->url()).size() == 2; }));
}

TEST(RegistrarWithRegistry, MayBeThereBeforeTheRegistry) {
    Endpoint endpoint;
    {
        const tests::RawListener free;
        endpoint = free.endpoint();
    }
    const std::string url = "http://" + endpoint.to_string();
    const Registrar registrar{url, options_for(9000)};
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    const auto registry = registry_at(endpoint);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    EXPECT_TRUE(is_listed(url, "127.0.0.1:9000"));
}

TEST(RegistrarWithRegistry, NewerTwinReplacesTheOlderOne) {
    const auto registry = registry_at();
    const Registrar older{registry->url(), options_for(9000)};
    EXPECT_TRUE(older.wait_registered(Deadline::in(5s)).has_value());
    {
        const Registrar newer{registry->url(), options_for(9000)};
        EXPECT_TRUE(newer.wait_registered(Deadline::in(5s)).has_value());
        EXPECT_TRUE(eventually([&] { return older.state() == RegistrarState::replaced; }));
        EXPECT_THAT(
            older.wait_registered(Deadline::in(5s)).error().message(),
            HasSubstr("a newer process has registered as calculator/127.0.0.1:9000")
        );
        const auto instances = listed(registry->url());
        ASSERT_EQ(instances.size(), 1U);
        EXPECT_EQ(instances[0].incarnation, newer.instance().incarnation);
        EXPECT_EQ(newer.state(), RegistrarState::registered);
    }
    EXPECT_THAT(listed(registry->url()), IsEmpty());
}

TEST(RegistrarWithRegistry, LeavingTwinDoesNotTakeTheNewerOneOffTheList) {
    const auto registry = registry_at();
    RegistrarOptions slow = options_for(9000);
    slow.ttl = 60s;  // it does not learn of the newer one before it leaves
    std::optional<Registrar> older{std::in_place, registry->url(), slow};
    EXPECT_TRUE(older->wait_registered(Deadline::in(5s)).has_value());
    const Registrar newer{registry->url(), options_for(9000)};
    EXPECT_TRUE(newer.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_EQ(older->state(), RegistrarState::registered);
    older.reset();
    EXPECT_TRUE(is_listed(registry->url(), "127.0.0.1:9000"));
    EXPECT_EQ(newer.state(), RegistrarState::registered);
}

TEST(RegistrarWithRegistry, DrainingIsSeenByReaders) {
    const auto registry = registry_at();
    Registrar registrar{registry->url(), options_for(9000)};
    registrar.set_status(Status::draining);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_EQ(listed(registry->url()).at(0).effective_status(), Status::draining);
    registrar.set_status(Status::up);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_EQ(listed(registry->url()).at(0).effective_status(), Status::up);
}

TEST(RegistrarWithRegistry, HeaderProtocolIsListedVerbatimUntilItStops) {
    const auto registry = registry_at();
    const std::string url = "header+" + registry->url() + "/myRPC/registry?ttl=0.3";
    {
        Registrar registrar{url, options_for(9000)};
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        const Deadline end = Deadline::in(3 * kTtl);
        EXPECT_TRUE(eventually([&] {
            EXPECT_TRUE(is_listed(url, "tcp@127.0.0.1:9000"));
            return end.expired();
        }));
        const auto native = listed(registry->url());
        ASSERT_EQ(native.size(), 1U);
        EXPECT_EQ(native[0].addr, "tcp@127.0.0.1:9000");
        EXPECT_EQ(native[0].endpoint(), (Endpoint{"127.0.0.1", 9000}));

        registrar.set_status(Status::draining);
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        EXPECT_THAT(listed(url), IsEmpty()) << "the protocol has no status";
        registrar.set_status(Status::up);
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        EXPECT_TRUE(is_listed(url, "tcp@127.0.0.1:9000"));
    }
    EXPECT_THAT(listed(url), IsEmpty());
}

TEST(RegistrarWithRegistry, ServicesAreKeptApart) {
    const auto registry = registry_at();
    const Registrar a{registry->url(), options_for(9000, "A")};
    const Registrar b{registry->url(), options_for(9001, "b")};
    EXPECT_TRUE(a.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_TRUE(b.wait_registered(Deadline::in(5s)).has_value());
    const auto connection = connect(registry->url()).value();
    const auto both = connection.source->read({"b", "a", "none"}, Deadline::in(5s)).value();
    ASSERT_EQ(both.size(), 3U);
    EXPECT_EQ(both[0].instances.at(0).port, 9001);
    EXPECT_EQ(both[1].instances.at(0).port, 9000);
    EXPECT_THAT(both[2].instances, IsEmpty());
    EXPECT_FALSE(both[2].index.empty());
}

TEST(HeaderSourceWithRegistry, ReadsTwoThousandServersWhole) {
    const auto registry = registry_at({"127.0.0.1", 0}, 60s);
    auto writer = connect("header+" + registry->url() + "?ttl=60").value();
    std::vector<Instance> servers;
    for (int i = 0; i < 2000; ++i) {
        Instance server;
        server.service = "many";
        server.address = "10.0.0.1";
        server.port = static_cast<std::uint16_t>(10000 + i);
        servers.push_back(std::move(server));
    }
    ASSERT_TRUE(writer.announcer->announce(servers, Deadline::in(20s)).has_value());
    EXPECT_EQ(listed("header+" + registry->url(), "many").size(), 2000U);
}

TEST(RegistrarWithProcess, SurvivesAKilledRegistry) {
    std::optional<RegistryProcess> registry{std::in_place, "127.0.0.1:0", "0.3"};
    const std::string listen = registry->listen();
    const Registrar registrar{registry->url(), options_for(9000)};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    registry->kill();
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    registry.emplace(listen, "0.3");
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    EXPECT_TRUE(eventually([&] { return is_listed(registry->url(), "127.0.0.1:9000"); }));
}

TEST(RegistrarWithProcess, SurvivesAStoppedRegistry) {
    const RegistryProcess registry{"127.0.0.1:0", "0.3"};
    RegistrarOptions options = options_for(9000);
    options.request_timeout = 200ms;
    const Registrar registrar{registry.url(), options};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    registry.signal(SIGSTOP);
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    registry.signal(SIGCONT);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    EXPECT_TRUE(eventually([&] { return is_listed(registry.url(), "127.0.0.1:9000"); }));
}

TEST(RegistrarWithProcess, EndsPromptlyWhileTheRegistryIsStopped) {
    const RegistryProcess registry{"127.0.0.1:0", "0.3"};
    std::optional<Registrar> registrar{std::in_place, registry.url(), options_for(9000)};
    EXPECT_TRUE(registrar->wait_registered(Deadline::in(5s)).has_value());
    registry.signal(SIGSTOP);
    const auto begun = SteadyClock::now();
    registrar.reset();
    // withdraw_timeout is 0.5 s; a request that hangs would take request_timeout, 2 s, besides.
    EXPECT_LT(SteadyClock::now() - begun, 2s);
}

}  // namespace
}  // namespace rollcall::registry
