// Label long: a registry with many instances is killed and comes back from its snapshot.
#include "registry_faults.h"
#include "support/as_delivered.h"
#include "support/temporary_directory.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

TEST_F(RegistryFaults, F02_TenThousandComeBackAndTheFirstAnswerWithinASecond) {
    constexpr int kCount = 10'000;
    const TemporaryDirectory directory;
    start({"--data", directory.path(), "--ttl", "60"});
    list(kCount);
    const TimePoint answered = SteadyClock::now();
    while (SteadyClock::now() < answered + 2s)
        ASSERT_EQ(listed().size(), static_cast<std::size_t>(kCount));
    process_->kill();
    const TimePoint begun = SteadyClock::now();
    start({"--data", directory.path(), "--ttl", "60"});
    EXPECT_EQ(request("GET", "/healthz"), 200);
    const Duration taken = SteadyClock::now() - begun;
    // A promise of what is delivered: the program without optimisation takes longer.
    EXPECT_LT(taken, kAsDelivered ? Duration{1s} : Duration{20s});
    EXPECT_EQ(listed().size(), static_cast<std::size_t>(kCount));
    EXPECT_EQ(status("instances"), kCount);
}

}  // namespace
}  // namespace rollcall::tests
