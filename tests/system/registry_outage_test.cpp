// Label long: half a minute and a minute without a registry.
#include "kind_fleet.h"
#include "registry_loss.h"
#include "support/times.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class RegistryOutage : public RegistryLossFixture {
protected:
    RegistryOutage() : RegistryLossFixture("15") {}
};

// One heartbeat interval is a third of the lease; half a second is for starting and asking.
TEST_F(RegistryOutage, F01_ThirtySecondsAreBridgedAndOneIntervalBringsAllBack) {
    lose_registry(30s, 5500ms);
}

// The parameter is one of registry_kinds().
class AMinuteWithoutARegistry : public ::testing::TestWithParam<std::string> {
protected:
    static constexpr std::size_t kServers = 3;

    // Some have been called when this returns.
    static std::unique_ptr<CallLoad> load_on(KindFleet& fleet) {
        EXPECT_TRUE(fleet.wait_all_known());
        const auto whoami = rpc::invoke<std::string>("whoami").within(5s);
        auto load = std::make_unique<CallLoad>(fleet.client(), whoami, 2);
        EXPECT_TRUE(load->wait_more(200));
        return load;
    }

    // The time that one call of a hundred exceeds. None may have failed.
    static Duration end(CallLoad& load, const char* what) {
        const auto errors = load.stop();
        if (!errors.empty())
            ADD_FAILURE() << errors.size() << " failed, the first: " << errors[0].to_string();
        const Duration slow = percentile(load.times(), 0.99);
        const double milli = milliseconds(slow);
        std::printf("%s: %zu calls, p99 %.2f ms\n", what, load.times().size(), milli);
        return slow;
    }

    KindFleet lost{GetParam(), kServers};
    KindFleet control{GetParam(), kServers};  // its registry stays
};

// The registry comes back empty, and the servers return to it one after the other.
TEST_P(AMinuteWithoutARegistry, FailsNoCallAndMakesNoneSlower) {
    const auto calls = load_on(lost);
    const auto control_calls = load_on(control);
    lost.registry().kill();
    ASSERT_TRUE(eventually([&] { return lost.found().status().failing_for > 60s; }, 90s));
    lost.registry().start_empty();
    // Eureka's clients renew every thirty seconds, and notice no earlier.
    EXPECT_TRUE(eventually([&] { return lost.listed() == kServers; }, 60s));
    const Duration with = end(*control_calls, "with a registry");
    const Duration without = end(*calls, "without");
    EXPECT_LT(without, with * 3 / 2);
}

INSTANTIATE_TEST_SUITE_P(, AMinuteWithoutARegistry, ::testing::ValuesIn(registry_kinds()), kind_of);

}  // namespace
}  // namespace rollcall::tests
