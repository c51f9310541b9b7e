// Label long: as many as a registry is made for. The times are promises of what is delivered, on a
// machine with two processors that does nothing else: programs that are not optimised, or are
// sanitized, print them and need only come to an end.
#include "hostile_fixture.h"
#include "restarted_server.h"
#include "support/as_delivered.h"

#include <fstream>
#include <sys/resource.h>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class RegistryLoad : public RegistryFaults {
protected:
    void SetUp() override {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        start({"--ttl", "600"});
        list(1);
    }

    // `what` took `time`, promised to be below `most`.
    static void expect_below(const char* what, Duration time, Duration most) {
        std::printf("%s: %.1f ms\n", what, milliseconds(time));
        EXPECT_LT(time, kAsDelivered ? most : kPatience) << what;
    }

    struct Told {
        std::vector<Duration> each;   // watcher, of each change
        std::vector<Duration> last;   // of them all
        std::vector<Duration> beats;  // heartbeats meanwhile
        double bytes = 0;             // of the registry, for each watcher
    };

    // `changes` of each of some services, one after the other, with `watchers` of it.
    Told tell(std::size_t watchers, int services, int changes) {
        Told told;
        for (int service = 0; service < services; ++service) {
            const double before = metric("process_resident_memory_bytes");
            // One of their own: who is woken too often in a row has to wait.
            WatcherCrowd crowd{endpoint(), "watched-" + std::to_string(service), watchers};
            for (int i = 0; i < changes; ++i) {
                crowd.park();
                if (i == 0 && service == 0) {
                    told.bytes = (metric("process_resident_memory_bytes") - before) /
                                 static_cast<double>(watchers);
                }
                Pulse pulse{endpoint(), path(0) + "/heartbeat"};
                const auto times = crowd.change();
                const auto beats = pulse.stop();
                told.each.insert(told.each.end(), times.begin(), times.end());
                told.last.push_back(times.back());
                told.beats.insert(told.beats.end(), beats.begin(), beats.end());
            }
            EXPECT_EQ(status("watchers"), 0);
        }
        return told;
    }
};

TEST_F(RegistryLoad, F19_AThousandWatchersHaveTheNewListWithinAHundredMilliseconds) {
    const Told told = tell(1000, 6, 18);
    EXPECT_EQ(told.each.size(), 6U * 18U * 1000U);
    expect_below("one has it, p99", percentile(told.each, 0.99), 100ms);
    expect_below("all have it, p50", percentile(told.last, 0.5), 100ms);
    expect_below("all have it, p99", percentile(told.last, 0.99), 100ms);
    expect_below("heartbeats meanwhile, p99", percentile(told.beats, 0.99), 50ms);
}

TEST_F(RegistryLoad, F19_TenThousandWatchersHaveTheNewListWithinASecond) {
    constexpr std::size_t kWatchers = 10'000;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_GE(limit.rlim_cur, kWatchers + 500)
        << "raise the hard limit of open files (ulimit -Hn) for this test";
    const Told told = tell(kWatchers, 1, 18);
    EXPECT_EQ(told.each.size(), 18 * kWatchers);
    expect_below("all have it, p50", percentile(told.last, 0.5), 1s);
    expect_below("all have it, the slowest change", percentile(told.last, 1), 1s);
    expect_below("heartbeats meanwhile, p99", percentile(told.beats, 0.99), 50ms);
    std::printf("%.1f KiB for each watcher\n", told.bytes / 1024);
    EXPECT_GT(told.bytes, 0);
    EXPECT_LT(told.bytes, (kAsDelivered ? 12 : 120) * 1024);
}

// Fifty thousand instances of five thousand processes, all of which send their heartbeat in the
// same moment. Then as many as a full processor takes, and how long one more has to wait.
TEST_F(RegistryLoad, F14_FiftyThousandHeartbeatsInPhase) {
    constexpr std::size_t kProcesses = 5000;
    constexpr std::size_t kEach = 10;
    const auto id_of = [](std::size_t i) { return "i" + std::to_string(i); };
    const auto beat_of = [&](std::size_t process) {
        std::string body = R"({"instances":[)";
        for (std::size_t i = 0; i < kEach; ++i) {
            body += (i == 0 ? "" : ",") +
                    (R"({"service":"crowd","id":")" + id_of(process * kEach + i)) + "\"}";
        }
        return request_text("POST", "/v1/heartbeat", body + "]}");
    };
    HttpLoad processes{endpoint(), kProcesses};
    for (std::size_t i = 0; i < kEach; ++i) {
        processes.send_each([&](std::size_t process) {
            return request_text(
                "PUT",
                "/v1/services/crowd/instances/" + id_of(process * kEach + i),
                R"({"address":"10.0.0.7","port":9000,"ttl":600})"
            );
        });
        static_cast<void>(processes.receive_each(SteadyClock::now(), 60s));
    }
    for (int round = 0; round < 5; ++round) {
        const TimePoint begun = SteadyClock::now();
        processes.send_each(beat_of);
        const auto times = processes.receive_each(begun, 60s);
        EXPECT_EQ(processes.answers_with(R"("missing":[])"), kProcesses);
        expect_below("all 50,000 renewed", times.back(), 5s);  // the interval of a lease of 15 s
    }
    HttpLoad full{endpoint(), 64};
    Pulse pulse{endpoint(), path(0) + "/heartbeat"};
    const double cpu = metric("process_cpu_seconds_total");
    std::size_t next = 0;
    const auto figures = full.run(
        [&](std::string& request) {
            request = request_text(
                "PUT", "/v1/services/crowd/instances/" + id_of(next++ % 50'000) + "/heartbeat"
            );
            return true;
        },
        3s
    );
    const auto waits = pulse.stop();
    std::printf(
        "%.0f heartbeats a second, %.1f us of a processor each\n",
        static_cast<double>(figures.requests) / figures.seconds,
        (metric("process_cpu_seconds_total") - cpu) * 1e6 / static_cast<double>(figures.requests)
    );
    expect_below("one more waits, p99", percentile(waits, 0.99), 10ms);
    EXPECT_EQ(metric("rollcall_registry_heartbeats_missing_total"), 0);
    EXPECT_EQ(status("expired"), 0);
    EXPECT_EQ(status("instances"), 50'001);
}

using RestartLoad = RestartedServer;

TEST_F(RestartLoad, F17_RestartedAHundredTimesItIsNeverMissing) {
    restart(100);
}

// The limit of docs/registry.md for a request that does not become whole, and nothing less.
TEST_F(HostileFaults, F24_ASlowRequestIsEndedInTheEnd) {
    constexpr Duration kLimit = 120s;
    RawPeer slow{endpoint()};
    const TimePoint begun = SteadyClock::now();
    ASSERT_TRUE(slow.send("PUT /v1/services/x/instances/y HTTP/1.1\r\nX-Slow: "));
    TimePoint next = begun;
    ASSERT_TRUE(eventually(
        [&] {
            if (SteadyClock::now() < next) return false;
            next += 1s;
            static_cast<void>(slow.send("x"));
            static_cast<void>(slow.receive(1000, Duration::zero()));
            return slow.at_end();
        },
        kLimit + kMaxWait
    ));
    const Duration taken = SteadyClock::now() - begun;
    std::printf("ended after %.1f s\n", seconds(taken));
    EXPECT_GT(taken, kLimit - 2s);
    expect_untouched();
}

}  // namespace
}  // namespace rollcall::tests
