// Half a minute without a registry, with the lease that it has by default.
#include "registry_loss.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class RegistryOutage : public RegistryLossFixture {
protected:
    RegistryOutage() : RegistryLossFixture("15") {}
};

// One heartbeat interval is a third of the lease; half a second is for starting and asking.
TEST_F(RegistryOutage, ThirtySecondsAreBridgedAndOneIntervalBringsAllBack) {
    lose_registry(30s, 5500ms);
}

}  // namespace
}  // namespace rollcall::tests
