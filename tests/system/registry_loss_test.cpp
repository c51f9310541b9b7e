#include "registry_loss.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

using RegistryLoss = RegistryLossFixture;

// F1: the registry is away for longer than a lease. One interval is a third of the lease; a slow
// machine gets some more.
TEST_F(RegistryLoss, F01_NoCallFailsAndAllInstancesReappear) {
    lose_registry(1200ms, 3s);
}

}  // namespace
}  // namespace rollcall::tests
