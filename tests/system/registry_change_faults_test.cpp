// Instances that fall silent together (F11), and one that comes and goes (F15).
#include "registry_faults.h"
#include "support/eventually.h"
#include "support/times.h"
#include "watch_loop.h"

#include <cstdio>
#include <memory>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

TEST_F(RegistryFaults, F11_ManyThatFallSilentTogetherAreHeld) {
    start({"--ttl", "1.5"});
    list(20);
    // Two of them are on our side of the partition.
    EXPECT_TRUE(eventually([&] {
        return request("POST", "/v1/heartbeat", beats(0, 2)) == 200 && held() == 18;
    }));
    EXPECT_EQ(listed().size(), 20U);
    EXPECT_EQ(status("held"), 18);
    EXPECT_EQ(status("expired"), 0);
    // The network is mended: everything is as before.
    EXPECT_TRUE(eventually([&] {
        return request("POST", "/v1/heartbeat", beats(0, 20)) == 200 && held() == 0;
    }));
    EXPECT_EQ(listed().size(), 20U);
}

TEST_F(RegistryFaults, F11_AnOperatorEndsTheHold) {
    start({"--ttl", "0.5"});
    list(6);
    EXPECT_TRUE(eventually([&] { return held() == 6; }));
    EXPECT_EQ(request("DELETE", std::string{"/v1/services/"} + kService + "/hold"), 200);
    EXPECT_TRUE(listed().empty());
}

// Nobody comes back: after ten leases they are gone, and not before the hold has shown.
TEST_F(RegistryFaults, F11_TheHoldIsBounded) {
    start({"--ttl", "0.2"});
    list(6);
    const TimePoint begun = SteadyClock::now();
    ASSERT_TRUE(eventually([&] { return held() == 6; }));
    ASSERT_TRUE(eventually([&] { return listed().empty(); }));
    EXPECT_GT(SteadyClock::now() - begun, 2s);
    EXPECT_EQ(status("expired"), 6);
}

// How one instance comes and goes, and what those hear who watch its service and another one.
class FlappingInstance : public RegistryFaults {
protected:
    static constexpr int kBurst = 20;  // wake-ups in a row, at least 50 ms apart; then one a second

    void watch() {
        start({});
        list(1);
        watcher_ = std::make_unique<WatchLoop>(url_, "/v1/services/fleet");
        other_ = std::make_unique<WatchLoop>(url_, "/v1/services/elsewhere");
        ASSERT_TRUE(eventually([&] { return status("watchers") == 2; }));
        before_ = watcher_->answers();
        others_ = other_->answers();
        begun_ = SteadyClock::now();
    }

    void flap() {
        ASSERT_EQ(request("PUT", path(1), R"({"address":"10.0.0.7","port":10001})"), 201);
        ASSERT_EQ(request("DELETE", path(1)), 204);
        ++flaps_;
    }

    // How slow the machine is makes it fewer and never more.
    void expect_bounded_pace() {
        const Duration taken = SteadyClock::now() - begun_;
        const int woken = watcher_->answers() - before_;
        std::printf("%d changes in %.1f s, %d wake-ups\n", 2 * flaps_, seconds(taken), woken);
        EXPECT_GE(woken, 1);
        EXPECT_LE(woken, kBurst + static_cast<int>(seconds(taken)) + 3);
        EXPECT_EQ(other_->answers(), others_);
        // What it was spared it learns in the end: the last list is the right one.
        EXPECT_TRUE(eventually([&] { return watcher_->last() == body("/v1/services/fleet"); }));
        EXPECT_EQ(listed().size(), 1U);
    }

    std::unique_ptr<WatchLoop> watcher_;
    std::unique_ptr<WatchLoop> other_;
    TimePoint begun_;
    int before_ = 0;
    int others_ = 0;
    int flaps_ = 0;
};

// Ten times a second it registers and leaves. Watchers of another service are never woken.
TEST_F(FlappingInstance, F15_WatchersAreWokenAtABoundedPace) {
    watch();
    for (int i = 1; i <= 35; ++i) {
        flap();
        const TimePoint next = begun_ + i * 100ms;
        ASSERT_TRUE(eventually([&] { return SteadyClock::now() >= next; }));
    }
    expect_bounded_pace();
}

// There is a newer list whenever a watcher comes back from the one before: that is no way past the
// pace.
TEST_F(FlappingInstance, F15_WatchersThatComeBackDuringAFloodWaitTheirTurn) {
    watch();
    while (SteadyClock::now() < begun_ + 2s)
        flap();
    expect_bounded_pace();
}

}  // namespace
}  // namespace rollcall::tests
