#pragma once
// A server that is killed and started again at the same place, again and again.

#include "registry_faults.h"
#include "support/eventually.h"

#include <atomic>
#include <thread>

namespace rollcall::tests {

class RestartedServer : public RegistryFaults {
protected:
    // Restarts it so many times. It stays listed throughout, and neither the lease nor a late
    // goodbye of a process that is gone takes the next one off the list.
    void restart(int times) {
        constexpr Duration kLease = std::chrono::seconds{4};  // a restart takes much less
        start({"--ttl", "4"});
        auto server = std::make_unique<CalculatorProgram>(options("127.0.0.1:0"));
        const std::string place = server->endpoint();
        const std::string path = std::string{"/v1/services/"} + kService + "/instances/" + place;
        ASSERT_TRUE(eventually([&] { return !incarnation().empty(); }));
        std::atomic<bool> over{false};
        std::atomic<int> looks{0};
        std::atomic<int> misses{0};
        std::jthread observer{[&] {
            registry::RegistryAdmin admin{url_};
            for (; !over; ++looks) {
                const auto all = admin.instances(kService, Deadline::in(kPatience));
                if (!all || all->size() != 1) ++misses;
            }
        }};
        const TimePoint begun = SteadyClock::now();
        // Longer than the lease of the first one.
        const auto is_over = [&](int i) {
            return misses != 0 || (i >= times && SteadyClock::now() - begun > kLease);
        };
        for (int i = 0; !is_over(i); ++i) {
            const std::string before = incarnation();
            server->process().kill();
            server = std::make_unique<CalculatorProgram>(options(place));
            EXPECT_TRUE(eventually([&] { return incarnation() != before; }));
            EXPECT_EQ(request("DELETE", path + "?incarnation=" + before), 409);
            EXPECT_EQ(request("PUT", path + "/heartbeat?incarnation=" + before), 409);
        }
        over = true;
        observer.join();
        EXPECT_EQ(misses, 0) << "of " << looks;
        EXPECT_GT(looks, times);
        EXPECT_EQ(status("expired"), 0);
    }

private:
    [[nodiscard]] std::vector<std::string> options(const std::string& listen) const {
        return {"--registry", url_, "--service", kService, "--listen", listen};
    }

    // Of the process that is listed; empty if none is.
    std::string incarnation() {
        const auto all = listed();
        return all.size() == 1 ? all.front().incarnation : "";
    }
};

}  // namespace rollcall::tests
