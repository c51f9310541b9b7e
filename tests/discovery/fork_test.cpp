// What a forked child may do with what finds and announces services: destroy it; and what it gets.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>

#include "discovery/service_fixture.h"
#include "support/eventually.h"
#include "support/process_facts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using rollcall::testing::InMemoryDiscovery;
using namespace tests;

// A registry, a server that keeps itself registered, and a client that finds it.
struct Everything {
    Everything() {
        registry::RegistryServerOptions options;
        options.listen = Endpoint{"127.0.0.1", 0};
        options.ttl = 300ms;
        options.ttl_min = 100ms;
        options.log = Log::none();
        registry = std::make_unique<registry::RegistryServer>(options);
        registry->start();
        server = std::make_unique<ContractServer>();
        registry::RegistrarOptions announced;
        announced.service = "calculator";
        announced.server = server->server().endpoint();
        announced.log = Log::none();
        registrar = std::make_unique<registry::Registrar>(registry->url(), announced);
        found = std::make_unique<RegistryDiscovery>(registry->url(), "calculator", refreshed());
        client = std::make_unique<ServiceClient>(*found);
    }

    static RegistryDiscoveryOptions refreshed() {
        RegistryDiscoveryOptions options;
        options.refresh = 1ms;  // so that its thread is at work when the process forks
        options.log = Log::none();
        return options;
    }

    std::unique_ptr<registry::RegistryServer> registry;
    std::unique_ptr<ContractServer> server;
    std::unique_ptr<registry::Registrar> registrar;
    std::unique_ptr<RegistryDiscovery> found;
    std::unique_ptr<ServiceClient> client;
};

void expect_clean_end(pid_t child) {
    int status = -1;
    const auto over = [&] { return ::waitpid(child, &status, WNOHANG) == child; };
    if (!eventually(over)) {
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        FAIL() << "the child hangs";
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) << status;
}

TEST(Fork, AChildMayDestroyWhatTheParentGoesOnUsing) {
    Everything all;
    // One that no client keeps alive, and one whose first list a thread waits for.
    auto alone = std::make_unique<RegistryDiscovery>(
        all.registry->url(), "calculator", Everything::refreshed()
    );
    auto awaited = std::make_unique<InMemoryDiscovery>(InMemoryDiscovery::without_list());
    std::thread reader{[&awaited] { EXPECT_TRUE(awaited->get_all(Deadline::in(60s))); }};
    ASSERT_TRUE(all.registrar->wait_registered(Deadline::in(5s)));
    ASSERT_TRUE(all.client->call(contract::add(1, 2)));
    // Again and again: a lock that one of the threads holds now and then is held in some child.
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            all.client.reset();
            all.found.reset();
            alone.reset();
            awaited.reset();
            all.registrar.reset();
            all.server.reset();
            all.registry.reset();
            ::_exit(EXIT_SUCCESS);
        }
        expect_clean_end(child);
    }
    awaited->update({});
    reader.join();
    EXPECT_TRUE(all.client->call(contract::add(1, 2)));
    EXPECT_EQ(all.registrar->state(), registry::RegistrarState::registered);
    EXPECT_TRUE(all.found->refresh(Deadline::in(5s)));
    ASSERT_EQ(all.found->snapshot()->instances.size(), 1U) << "no child has taken it off the list";
}

// A server that started a shell held its port after its end, and connections to it never ended.
TEST(Fork, AProgramStartedMeanwhileInheritsNothing) {
    const std::vector<int> before = inherited_descriptors();
    Everything all;
    ASSERT_TRUE(all.registrar->wait_registered(Deadline::in(5s)));
    ASSERT_TRUE(all.client->call(contract::add(1, 2)));
    const RawPeer peer{all.registry->endpoint()};
    // One that has been accepted a moment ago is marked a moment later.
    EXPECT_TRUE(eventually([&] { return inherited_descriptors() == before; }));
}

}  // namespace
}  // namespace rollcall::discovery
