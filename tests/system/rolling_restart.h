#pragma once
// Servers are ended and replaced one after the other while eight threads call, with a registry of
// any kind.

#include "kind_fleet.h"
#include "support/call_load.h"

#include <cstdio>
#include <functional>
#include <utility>

namespace rollcall::tests {

// The parameter is one of registry_kinds().
class RollingRestartFixture : public ::testing::TestWithParam<std::string> {
protected:
    static constexpr std::size_t kServers = 5;
    static constexpr std::size_t kThreads = 8;

    void SetUp() override { ASSERT_TRUE(fleet_.wait_all_known()); }

    // Restarts by the signal, one after the other, for as long as `goes_on` says so of their
    // number. No call fails.
    void restart(int signal, bool idempotent, const std::function<bool(std::size_t)>& goes_on) {
        auto whoami = rpc::invoke<std::string>("whoami").within(std::chrono::seconds{5});
        if (idempotent) whoami = std::move(whoami).idempotent();
        CallLoad load{fleet_.client(), whoami, kThreads};
        std::size_t restarts = 0;
        while (goes_on(restarts))
            ASSERT_NO_FATAL_FAILURE(restart(restarts++ % kServers, signal, load));
        const auto errors = load.stop();
        std::printf(
            "%s: %zu restarts, %llu calls, %zu failed\n",
            GetParam().c_str(),
            restarts,
            static_cast<unsigned long long>(load.answered()),
            errors.size()
        );
        ASSERT_TRUE(errors.empty()) << "the first: " << errors.front().to_string();
    }

private:
    // Returns when the client has heard of the successor and calls have gone on.
    void restart(std::size_t i, int signal, const CallLoad& load) {
        ASSERT_TRUE(fleet_.restart(i, signal));
        ASSERT_TRUE(eventually([&] { return fleet_.is_known(i); }));
        ASSERT_TRUE(load.wait_more(20 * kThreads));
    }

    KindFleet fleet_{GetParam(), kServers};
};

}  // namespace rollcall::tests
