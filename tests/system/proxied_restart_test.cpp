// Clients that know one address, of a proxy, while the servers behind it are replaced.
#include <rollcall/rpc/client.h>

#include "support/call_load.h"
#include "support/cutting_proxy.h"
#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <memory>

namespace rollcall::tests {
namespace {

// Each server says goaway, answers what it has read and ends; what it has not begun goes, at once
// and exactly once, to the next one, although no call of these may be executed twice.
TEST(ProxiedRestart, BySigtermFailsNoCallOfClientsOfOneFixedServer) {
    constexpr int kRestarts = 8;
    auto server = std::make_unique<CalculatorProgram>();
    CuttingProxy proxy{Endpoint::parse(server->endpoint()).value()};
    rpc::ClientOptions options;
    options.wait_for_ready = true;
    rpc::Client client{proxy.endpoint(), options};
    CallLoad load{[&]() -> Result<void> {
        // By name: no contract says that it may be repeated.
        const auto sum = client.call(rpc::invoke<int>("add", 1, 2));
        if (!sum) return Error{sum.error()};
        return *sum == 3 ? Result<void>{} : Error{Errc::unknown, "another sum"};
    }};
    for (int i = 0; i < kRestarts; ++i) {
        ASSERT_TRUE(load.wait_more(200));
        auto next = std::make_unique<CalculatorProgram>();
        proxy.point_to(Endpoint::parse(next->endpoint()).value());
        server->process().signal(SIGTERM);
        const auto ended = server->process().wait();
        ASSERT_TRUE(ended.has_value());
        EXPECT_EQ(ended->code, 0);
        server = std::move(next);
    }
    ASSERT_TRUE(load.wait_more(200));
    const std::vector<Error> failed = load.stop();
    std::printf(
        "%zu calls, %d restarts, %zu failed\n", load.times().size(), kRestarts, failed.size()
    );
    EXPECT_TRUE(failed.empty()) << failed.front().to_string();
    EXPECT_GE(client.counters().connects, static_cast<std::uint64_t>(kRestarts) + 1);
}

}  // namespace
}  // namespace rollcall::tests
