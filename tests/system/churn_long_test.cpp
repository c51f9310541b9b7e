// Label long: ten thousand instances come and go within a minute.
#include "churn.h"
#include "support/as_delivered.h"

namespace rollcall::tests {
namespace {

class TenThousandInstances : public ChurnFixture {};

TEST_F(TenThousandInstances, ComeAndGoWithinAMinuteAndLeaveNothingBehind) {
    churn(2'000);
    const Holdings before = settle();
    const Duration taken = churn(10'000);
    const Holdings after = settle();
    if (kAsDelivered) {
        EXPECT_LT(taken, std::chrono::minutes{1});
    }
    EXPECT_LE(after.descriptors, before.descriptors + kPooled);
    EXPECT_EQ(after.threads, before.threads);
    // One byte in two hundred that each brought with it would be more.
    if (!kSanitized) {
        EXPECT_LT(after.memory_kib, before.memory_kib + 4 * 1024);
    }
}

}  // namespace
}  // namespace rollcall::tests
