// Leases that run out by the dozen, with time given by hand.
#include <rollcall/registry/lease_store.h>

#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = TimePoint{} + std::chrono::hours{1};
constexpr seconds kTtl{15};

class LeaseHold : public testing::Test {
protected:
    // Instances 0, 1, 2, ... of the service.
    void list(const std::string& service, int count, TimePoint now = kStart) {
        for (int i = 0; i < count; ++i) {
            Instance instance;
            instance.service = service;
            instance.id = std::to_string(i);
            instance.address = "10.0.0.7";
            instance.port = 9000;
            instance.incarnation = "one";
            store.put(instance, now);
        }
    }

    void beat(const std::string& service, int from, int to, TimePoint now) {
        for (int i = from; i < to; ++i)
            store.renew(service, std::to_string(i), "one", now);
    }

    // Everybody from `from` on beats until `until`; the others are silent from the start.
    void beat_until(const std::string& service, int from, int count, TimePoint until) {
        for (TimePoint now = kStart; now <= until; now += seconds{5}) {
            beat(service, from, count, now);
            store.expire(now);
        }
    }

    [[nodiscard]] std::size_t listed(const std::string& service) const {
        const ServiceRecord* const record = store.find(service);
        return record == nullptr ? 0 : record->instances.size();
    }

    [[nodiscard]] std::size_t held(const std::string& service) const {
        const ServiceRecord* const record = store.find(service);
        return record == nullptr ? 0 : record->held;
    }

    LeaseStore store;
};

TEST_F(LeaseHold, FourLateOnesExpireFiveAreHeld) {
    list("four", 4);
    list("five", 5);
    store.expire(kStart + kTtl);
    EXPECT_EQ(listed("four"), 0U);
    EXPECT_EQ(listed("five"), 5U);
    EXPECT_EQ(held("five"), 5U);
    EXPECT_EQ(store.held_count(), 5U);
    EXPECT_TRUE(store.find("five", "3")->instance->stale);
}

TEST_F(LeaseHold, UpToFifteenPercentExpireMoreAreHeld) {
    list("fifteen", 100);
    list("sixteen", 100);
    beat_until("fifteen", 15, 100, kStart + kTtl);
    beat_until("sixteen", 16, 100, kStart + kTtl);
    store.expire(kStart + kTtl);
    EXPECT_EQ(listed("fifteen"), 85U);
    EXPECT_EQ(listed("sixteen"), 100U);
    EXPECT_EQ(held("sixteen"), 16U);
}

// Heartbeats are spread over an interval, so the leases of a partition do not end at once: the
// first to end must not be taken for a single crash.
TEST_F(LeaseHold, LeasesThatRunOutOneByOneAreHeldFromTheFirst) {
    list("spread", 0);
    for (int i = 0; i < 10; ++i) {
        Instance instance;
        instance.service = "spread";
        instance.id = std::to_string(i);
        instance.address = "10.0.0.7";
        instance.port = 9000;
        store.put(instance, kStart + milliseconds{500 * i});  // spread over 5 s
    }
    for (int step = 0; step < 200; ++step)
        store.expire(kStart + milliseconds{100 * step});
    EXPECT_EQ(listed("spread"), 10U);
    EXPECT_EQ(held("spread"), 10U);
}

TEST_F(LeaseHold, EndsWhenTheyBeat) {
    list("some", 10);
    store.expire(kStart + kTtl);
    const TimePoint later = kStart + 3 * kTtl;
    beat("some", 0, 10, later);
    EXPECT_EQ(held("some"), 0U);
    EXPECT_EQ(store.held_count(), 0U);
    EXPECT_EQ(store.find("some")->up, 10U);
    // From then on a lease is a lease again.
    for (TimePoint now = later; now < later + 3 * kTtl; now += seconds{5}) {
        beat("some", 1, 10, now);
        store.expire(now);
    }
    EXPECT_EQ(listed("some"), 9U);
}

TEST_F(LeaseHold, IsBoundedByTenLeases) {
    list("some", 10);
    store.expire(kStart + kTtl);
    store.expire(kStart + 11 * kTtl - milliseconds{1});
    EXPECT_EQ(listed("some"), 10U);
    store.expire(kStart + 11 * kTtl);
    EXPECT_EQ(listed("some"), 0U);
    EXPECT_EQ(store.held_count(), 0U);
}

TEST_F(LeaseHold, EndsByRequest) {
    list("some", 10);
    list("other", 10);
    store.expire(kStart + kTtl);
    beat("some", 0, 2, kStart + kTtl);
    EXPECT_EQ(store.end_hold("some", kStart + kTtl), 8U);
    EXPECT_EQ(listed("some"), 2U);
    EXPECT_EQ(listed("other"), 10U);
    EXPECT_EQ(store.end_hold("unknown", kStart + kTtl), 0U);
}

TEST_F(LeaseHold, CanBeSwitchedOff) {
    LeaseStoreOptions options;
    options.hold.ttls = 0;
    store = LeaseStore{options};
    list("some", 10);
    store.expire(kStart + kTtl);
    EXPECT_EQ(listed("some"), 0U);
}

TEST_F(LeaseHold, ANewRegistrationEndsItToo) {
    list("some", 10);
    store.expire(kStart + kTtl);
    list("some", 10, kStart + kTtl);
    EXPECT_EQ(held("some"), 0U);
    EXPECT_EQ(std::prev(store.changes().end())->kind, ChangeKind::released);
}

}  // namespace
}  // namespace rollcall::registry
