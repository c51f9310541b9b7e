// Some hundred instances come and go. Ten thousand of them: churn_long_test.cpp.
#include "churn.h"

namespace rollcall::tests {
namespace {

using Churn = ChurnFixture;

TEST_F(Churn, LeavesNeitherThreadsNorDescriptorsBehind) {
    churn(100);
    const Holdings before = settle();
    churn(200);
    const Holdings after = settle();
    EXPECT_LE(after.descriptors, before.descriptors + kPooled);
    EXPECT_EQ(after.threads, before.threads);
}

}  // namespace
}  // namespace rollcall::tests
