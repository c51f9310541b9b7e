// Label long: half a minute and a minute without a registry, with the lease that it has by default.
#include "registry_loss.h"

#include <algorithm>

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

// The same calls for twenty seconds with a registry and for sixty without one.
TEST_F(RegistryOutage, F01_CallsAreAsFastWithoutARegistry) {
    start_servers(3);
    const auto load_for = [&](Duration time) {
        start_loads();
        const TimePoint end = SteadyClock::now() + time;
        EXPECT_TRUE(eventually([&] { return SteadyClock::now() >= end; }, time + kMaxWait));
        return stop_loads();
    };
    const auto with = load_for(20s);
    registry->process().kill();
    ASSERT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    const auto without = load_for(60s);
    EXPECT_GT(found.status().age, 60s);
    EXPECT_EQ(listed(), 3U);
    // Other programs on the machine have their moods; a call that asks a registry that is not there
    // would take longer than any of them.
    for (std::size_t i = 0; i < with.size(); ++i)
        EXPECT_LT(without.at(i), std::max<Duration>(3 * with.at(i), 20ms)) << kKinds.at(i);
}

}  // namespace
}  // namespace rollcall::tests
