// What may happen to a registry in production, with real processes. The numbers are those of the
// table in docs/registry.md; faults that have no test here name theirs there.
#include "registry_faults.h"

#include "support/eventually.h"
#include "support/raw_peer.h"
#include "support/temporary_directory.h"

#include <atomic>
#include <thread>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

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

TEST_F(RegistryFaults, F11_ManyThatFallSilentTogetherAreHeld) {
    start({"--ttl", "1.5"});
    list(20);
    // Two of them are on our side of the partition.
    EXPECT_TRUE(eventually([&] {
        return request("POST", "/v1/heartbeat", beats(0, 2)) == 200 && held() == 18;
    }));
    EXPECT_EQ(listed().size(), 20U);
    EXPECT_EQ(status("held"), 18);
    EXPECT_EQ(status("expired"), 0);
    // The network is mended: everything is as before.
    EXPECT_TRUE(eventually([&] {
        return request("POST", "/v1/heartbeat", beats(0, 20)) == 200 && held() == 0;
    }));
    EXPECT_EQ(listed().size(), 20U);
}

TEST_F(RegistryFaults, F11_AnOperatorEndsTheHold) {
    start({"--ttl", "0.5"});
    list(6);
    EXPECT_TRUE(eventually([&] { return held() == 6; }));
    EXPECT_EQ(request("DELETE", std::string{"/v1/services/"} + kService + "/hold"), 200);
    EXPECT_TRUE(listed().empty());
}

// Five hundred that ask to be told, and then never read a byte.
TEST_F(RegistryFaults, F18_WatchersThatDoNotReadDelayNobody) {
    constexpr int kStuck = 500;
    start({"--ttl", "15"});
    list(1);
    const auto index = client_->request("GET", "/v1/services/fleet", {}, "", Deadline::in(20s));
    const std::string tag{index->header("ETag").value_or("")};
    const std::string known = tag.substr(1, tag.size() - 2);
    std::vector<RawPeer> stuck;
    for (int i = 0; i < kStuck; ++i) {
        stuck.emplace_back(*Endpoint::parse(listen_));
        ASSERT_TRUE(stuck.back().send(
            "GET /v1/services/fleet?wait=60s&index=" + known + " HTTP/1.1\r\nHost: x\r\n\r\n"
        ));
    }
    ASSERT_TRUE(eventually([&] { return status("watchers") == kStuck; }));
    for (int weight = 0; weight < 20; ++weight) {
        const std::string body =
            R"({"address":"10.0.0.7","port":10000,"weight":)" + std::to_string(weight) + "}";
        ASSERT_EQ(request("PUT", path(0), body), 200);
        ASSERT_EQ(request("PUT", path(0) + "/heartbeat"), 204);
    }
    EXPECT_TRUE(eventually([&] { return status("watchers") == 0; }));
}

// Queries without a pause from many connections, while one process sends its heartbeats.
TEST_F(RegistryFaults, F28_HeartbeatsComeBeforeQueries) {
    constexpr int kCount = 300;
    start({"--ttl", "2"});
    list(kCount);
    std::atomic<bool> over{false};
    std::atomic<long> queries{0};
    std::vector<std::thread> crowd;
    for (int i = 0; i < 16; ++i) {
        crowd.emplace_back([&] {
            http::Client client{*http::Url::parse(url_)};
            while (!over) {
                const auto answer = client.request(
                    "GET", "/v1/services/fleet?zone=nowhere", {}, "", Deadline::in(20s)
                );
                if (answer && answer->status() == 200) ++queries;
            }
        });
    }
    const TimePoint end = SteadyClock::now() + 3s;
    while (SteadyClock::now() < end)
        EXPECT_EQ(request("POST", "/v1/heartbeat", beats(0, kCount)), 200);
    over = true;
    for (std::thread& each : crowd)
        each.join();
    EXPECT_GT(queries, 100);
    EXPECT_EQ(status("expired"), 0);
    EXPECT_EQ(listed().size(), static_cast<std::size_t>(kCount));
}

}  // namespace
}  // namespace rollcall::tests
