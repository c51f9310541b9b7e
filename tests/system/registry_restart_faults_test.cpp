// A registry that is killed and comes back (F2, F3, F4), or comes late (F5).
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>

#include "registry_faults.h"
#include "support/call_load.h"
#include "support/eventually.h"
#include "support/raw_peer.h"
#include "support/temporary_directory.h"
#include "support/times.h"

#include <cstdio>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;
using discovery::RegistryDiscovery;
using discovery::ServiceClient;

TEST_F(RegistryFaults, F02_KilledWithASnapshotItMissesNobody) {
    constexpr int kCount = 1000;
    const TemporaryDirectory directory;
    start({"--data", directory.path()});
    list(kCount);
    // What was answered two seconds before the kill is on disk. Meanwhile it is asked for.
    const TimePoint answered = SteadyClock::now();
    while (SteadyClock::now() < answered + 2s)
        ASSERT_EQ(listed().size(), static_cast<std::size_t>(kCount));
    process_->kill();
    start({"--data", directory.path()});
    EXPECT_EQ(listed().size(), static_cast<std::size_t>(kCount));
    // Each has a whole lease: a heartbeat finds it.
    EXPECT_EQ(request("PUT", path(kCount - 1) + "/heartbeat"), 204);
    EXPECT_EQ(status("expired"), 0);
}

TEST_F(RegistryFaults, F03_RestartedEmptyItAsksEverybodyToRegisterAgain) {
    start({});
    list(1);
    process_->kill();
    start({});
    EXPECT_TRUE(listed().empty());
    EXPECT_EQ(request("PUT", path(0) + "/heartbeat"), 404);
}

// Each finds out by the heartbeat that is due anyway, and registers: two requests, no rush.
TEST_F(RegistryFaults, F03_EverybodyIsBackInOneIntervalWithTwoRequests) {
    constexpr int kCount = 40;
    start({"--ttl", "2.4"});  // so the interval is 0.8 s
    std::vector<std::unique_ptr<registry::Registrar>> servers;
    for (int i = 0; i < kCount; ++i) {
        registry::RegistrarOptions options;
        options.service = kService;
        options.server = Endpoint{"127.0.0.1", static_cast<std::uint16_t>(10'000 + i)};
        options.log = Log::none();
        servers.push_back(std::make_unique<registry::Registrar>(url_, options));
    }
    ASSERT_TRUE(eventually([&] { return listed().size() == kCount; }));
    process_->kill();
    start({"--ttl", "2.4"});
    const TimePoint back = SteadyClock::now();
    ASSERT_TRUE(eventually([&] {
        return metric("rollcall_registry_instances{service=\"fleet\",status=\"up\"}") == kCount;
    }));
    const Duration taken = SteadyClock::now() - back;
    const double missing = metric("rollcall_registry_heartbeats_missing_total");
    std::printf(
        "%d are back after %.0f ms, %.0f were told\n", kCount, milliseconds(taken), missing
    );
    // A tenth for the jitter, and something for a machine that does other things too.
    EXPECT_LT(taken, 880ms + 2s);
    // Nobody registers twice. Whom the answer does not reach in time asks once more.
    EXPECT_LE(missing, 2 * kCount);
    EXPECT_EQ(metric("rollcall_registry_registrations_total"), kCount);
}

// Three servers that do not heartbeat, so that the registry that comes back stays empty.
class EmptyRegistryFaults : public RegistryFaults {
protected:
    void list_servers() {
        for (const CalculatorProgram& server : servers_) {
            const std::string port{std::to_string(Endpoint::parse(server.endpoint())->port())};
            ASSERT_EQ(
                request(
                    "PUT",
                    path_of(server),
                    R"({"address":"127.0.0.1","ttl":600,"port":)" + port + "}"
                ),
                201
            );
        }
    }

    static std::string path_of(const CalculatorProgram& server) {
        return std::string{"/v1/services/"} + kService + "/instances/" + server.endpoint();
    }

    static rpc::Invocation<std::string> whoami() {
        return rpc::invoke<std::string>("whoami").within(5s);
    }

    std::array<CalculatorProgram, 3> servers_;
};

TEST_F(EmptyRegistryFaults, F04_AnEmptyListOfANewRegistryReplacesNoFullOne) {
    start({});
    list_servers();
    const RegistryDiscovery found{url_, kService, {.refresh = 100ms, .log = Log::none()}};
    ServiceClient client{found};
    CallLoad load{client, whoami()};
    ASSERT_TRUE(load.wait_more(200));
    process_->kill();
    start({});
    ASSERT_TRUE(eventually([&] {
        const auto error = found.status().error;
        return error && error->message().find("started anew") != std::string::npos;
    }));
    EXPECT_TRUE(listed().empty());
    ASSERT_TRUE(load.wait_more(500));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
    EXPECT_EQ(found.status().instances, 3U);
    // From a registry that has had instances it is believed.
    list_servers();
    ASSERT_TRUE(eventually([&] { return !found.status().error; }));
    for (const CalculatorProgram& server : servers_)
        ASSERT_EQ(request("DELETE", path_of(server)), 204);
    EXPECT_TRUE(eventually([&] { return found.status().instances == 0; }));
}

// The header protocol and Eureka's have no index: --warmup refuses their clients a list, without a
// body that could be taken for one.
TEST_F(EmptyRegistryFaults, F04_WarmupTellsNobodyThatThereIsNobody) {
    start({});
    list_servers();
    const RegistryDiscovery found{
        "header+" + url_, kService, {.refresh = 100ms, .log = Log::none()}};
    ServiceClient client{found};
    CallLoad load{client, whoami()};
    ASSERT_TRUE(load.wait_more(200));
    process_->kill();
    start({"--warmup", "600"});
    for (const char* list : {"/myRPC/registry", "/eureka/apps", "/eureka/apps/delta"}) {
        const auto answer = client_->request("GET", list, {}, "", Deadline::in(kPatience));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status(), 503) << list;
        EXPECT_EQ(answer->body(), "") << list;
    }
    ASSERT_TRUE(eventually([&] {
        const auto error = found.status().error;
        return error && error->message().find("503") != std::string::npos;
    })) << found.status().error->message();
    ASSERT_TRUE(load.wait_more(500));
    for (const Error& error : load.stop())
        ADD_FAILURE() << error.to_string();
    EXPECT_EQ(found.status().instances, 3U);
}

TEST_F(RegistryFaults, F05_ServersThatWereThereFirstRegisterSoonAfter) {
    {
        const RawListener free;
        listen_ = free.endpoint().to_string();
    }
    std::vector<std::unique_ptr<CalculatorProgram>> servers;
    for (int i = 0; i < 3; ++i) {
        servers.push_back(
            std::make_unique<CalculatorProgram>(CalculatorProgram::in("http://" + listen_))
        );
    }
    // They have been refused more than once.
    const TimePoint later = SteadyClock::now() + 1s;
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() >= later; }));
    start({});
    const TimePoint there = SteadyClock::now();
    const auto all = [&] { return admin_->instances("calculator", Deadline::in(kPatience)); };
    ASSERT_TRUE(eventually([&] { return all()->size() == servers.size(); }));
    const Duration taken = SteadyClock::now() - there;
    std::printf("registered %.0f ms after the registry was there\n", milliseconds(taken));
    EXPECT_LT(taken, 5s);
}

}  // namespace
}  // namespace rollcall::tests
