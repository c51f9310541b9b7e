// What may happen to a registry in production, with real processes. The numbers are those of the
// table in docs/registry.md. Here: more of everything than it likes (F14, F18, F19, F28).
#include "registry_faults.h"
#include "support/eventually.h"
#include "support/http_load.h"
#include "support/raw_peer.h"
#include "support/times.h"
#include "support/watcher_crowd.h"

#include <atomic>
#include <cstdio>
#include <thread>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

// A thousand servers whose heartbeats are sent in the same moment, again and again.
TEST_F(RegistryFaults, F14_AllHeartbeatsAtOnceAreAllTaken) {
    constexpr int kCount = 1000;
    constexpr int kRounds = 5;
    start({"--ttl", "30"});
    HttpLoad servers{endpoint(), kCount};
    servers.send_each([](std::size_t i) {
        const std::string port = std::to_string(10'000 + i);
        return request_text(
            "PUT", path(static_cast<int>(i)), R"({"address":"10.0.0.7","port":)" + port + "}"
        );
    });
    static_cast<void>(servers.receive_each(SteadyClock::now(), kPatience));
    for (int round = 0; round < kRounds; ++round) {
        const TimePoint begun = SteadyClock::now();
        servers.send_each([](std::size_t i) {
            return request_text("PUT", path(static_cast<int>(i)) + "/heartbeat");
        });
        const auto times = servers.receive_each(begun, kPatience);
        EXPECT_EQ(servers.answers_with(" 204 "), static_cast<std::size_t>(kCount));
        std::printf(
            "p50 %.1f ms, last %.1f ms\n",
            milliseconds(percentile(times, 0.5)),
            milliseconds(times.back())
        );
    }
    EXPECT_EQ(metric("rollcall_registry_heartbeats_total"), kRounds * kCount);
    EXPECT_EQ(metric("rollcall_registry_heartbeats_missing_total"), 0);
    EXPECT_EQ(status("expired"), 0);
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

TEST_F(RegistryFaults, F19_AThousandWatchersAreAllToldOfEachChange) {
    constexpr std::size_t kCount = 1000;
    start({"--ttl", "30"});
    list(1);
    WatcherCrowd crowd{endpoint(), "watched", kCount};
    std::vector<Duration> beats;
    for (int round = 0; round < 3; ++round) {
        crowd.park();
        Pulse pulse{endpoint(), path(0) + "/heartbeat"};
        const auto times = crowd.change();
        EXPECT_EQ(times.size(), kCount);
        beats = pulse.stop();
        EXPECT_FALSE(beats.empty());
        std::printf("all told after %.1f ms\n", milliseconds(times.back()));
    }
    // One each, and none beyond that: nobody is woken twice by a change.
    EXPECT_EQ(status("watchers"), 0);
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
