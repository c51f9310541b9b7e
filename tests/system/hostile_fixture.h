#pragma once
// A registry with three instances on its list, under attack.

#include <rollcall/base/log.h>

#include "registry_faults.h"
#include "support/eventually.h"
#include "support/http_load.h"
#include "support/raw_peer.h"
#include "support/times.h"
#include "support/watcher_crowd.h"

#include <cstdio>
#include <string>
#include <vector>

namespace rollcall::tests {

class HostileFaults : public RegistryFaults {
protected:
    static constexpr int kListed = 3;
    static constexpr std::size_t kMost = 100 * 1024 * 1024;  // that one attacker sends

    void SetUp() override {
        start({"--ttl", "300"});
        list(kListed);
    }

    [[nodiscard]] double resident_bytes() { return metric("process_resident_memory_bytes"); }

    // The same three, and nothing else has ever been listed.
    void expect_untouched() {
        EXPECT_TRUE(process_->running());
        EXPECT_EQ(listed().size(), static_cast<std::size_t>(kListed));
        EXPECT_EQ(metric("rollcall_registry_registrations_total"), kListed);
        EXPECT_EQ(metric("rollcall_registry_departures_total"), 0);
        EXPECT_EQ(request("PUT", path(0) + "/heartbeat"), 204);
    }

    // Heartbeats that others have sent meanwhile.
    static void expect_served(const std::vector<Duration>& times) {
        EXPECT_GT(times.size(), 5U);
        const Duration slow = percentile(times, 0.99);
        std::printf("%zu heartbeats, p99 %.1f ms\n", times.size(), milliseconds(slow));
        EXPECT_LT(slow, std::chrono::seconds{1});
    }

    // Sends a body until the registry has had enough; how many bytes it got rid of.
    std::size_t flood(const std::string& header) const {
        RawPeer peer{endpoint()};
        peer.send("PUT /v1/services/x/instances/y HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n");
        // A chunk of its own, or just bytes of a body.
        const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
        std::size_t sent = 0;
        while (sent < kMost && peer.send(chunk))
            sent += chunk.size();
        return sent;
    }
};

}  // namespace rollcall::tests
