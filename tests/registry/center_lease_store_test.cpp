// The lease store, with time given by hand.
#include <rollcall/registry/lease_store.h>

#include <gmock/gmock.h>

namespace rollcall::registry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Put = LeaseStore::PutOutcome;
using Beat = LeaseStore::BeatOutcome;
using Removal = LeaseStore::RemoveOutcome;

const TimePoint kStart = TimePoint{} + std::chrono::hours{1};

Instance instance(const std::string& id, const std::string& incarnation = "one") {
    Instance made;
    made.service = "calculator";
    made.id = id;
    made.address = "10.0.0.7";
    made.port = 9000;
    made.incarnation = incarnation;
    return made;
}

LeaseStore::PutOutcome put(LeaseStore& store, const Instance& value, TimePoint now = kStart) {
    return store.put(value, now).outcome;
}

// Lets the store look, and returns what has expired by that.
std::vector<Instance> expired(LeaseStore& store, TimePoint now) {
    const std::uint64_t before = store.index();
    store.expire(now);
    std::vector<Instance> gone;
    for (auto each = store.changes().after(before); each != store.changes().end(); ++each) {
        if (each->kind == ChangeKind::expired) gone.push_back(*each->instance);
    }
    return gone;
}

}  // namespace

TEST(LeaseStore, ListsUntilTheLeaseEnds) {
    LeaseStore store;
    EXPECT_EQ(put(store, instance("a")), Put::created);
    EXPECT_EQ(store.find("calculator", "a")->instance->ttl, seconds{15});
    EXPECT_TRUE(expired(store, kStart + seconds{15} - milliseconds{1}).empty());
    EXPECT_NE(store.find("calculator", "a"), nullptr);
    const auto gone = expired(store, kStart + seconds{15});
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_EQ(gone.front().id, "a");
    EXPECT_EQ(store.find("calculator"), nullptr);
    EXPECT_EQ(store.instance_count(), 0U);
}

TEST(LeaseStore, RenewalsMoveTheEnd) {
    LeaseStore store;
    put(store, instance("a"));
    for (int beat = 1; beat <= 10; ++beat) {
        const TimePoint now = kStart + seconds{10} * beat;
        EXPECT_TRUE(expired(store, now).empty());
        EXPECT_EQ(store.renew("calculator", "a", "one", now).outcome, Beat::renewed);
    }
    EXPECT_TRUE(expired(store, kStart + seconds{114}).empty());
    EXPECT_EQ(expired(store, kStart + seconds{115}).size(), 1U);
}

TEST(LeaseStore, KeepsLeasesOfDifferentLength) {
    LeaseStore store;
    Instance quick = instance("quick");
    quick.ttl = milliseconds{300};
    put(store, quick);
    put(store, instance("slow"));
    EXPECT_TRUE(expired(store, kStart + milliseconds{299}).empty());
    EXPECT_EQ(expired(store, kStart + milliseconds{300}).front().id, "quick");
    // A lease that becomes shorter ends earlier.
    Instance shorter = instance("slow");
    shorter.ttl = seconds{2};
    EXPECT_EQ(put(store, shorter), Put::updated);
    EXPECT_TRUE(expired(store, kStart + milliseconds{1999}).empty());
    EXPECT_EQ(expired(store, kStart + seconds{2}).size(), 1U);
}

TEST(LeaseStore, CountsChangesButNotRenewals) {
    LeaseStore store;
    EXPECT_EQ(store.index(), 0U);
    put(store, instance("a"));
    EXPECT_EQ(store.index("calculator"), 1U);
    EXPECT_EQ(put(store, instance("a")), Put::renewed);
    store.renew("calculator", "a", "one", kStart);
    EXPECT_EQ(store.index(), 1U);
    Instance draining = instance("a");
    draining.status = Status::draining;
    EXPECT_EQ(put(store, draining), Put::updated);
    EXPECT_EQ(store.index("calculator"), 2U);
    Instance other = instance("b");
    other.service = "other";
    put(store, other);
    EXPECT_EQ(store.index("calculator"), 2U);
    EXPECT_EQ(store.index("other"), 3U);
    store.remove("calculator", "a", "", kStart);
    EXPECT_EQ(store.index("calculator"), 0U);
    // An index is never used twice.
    put(store, instance("a"));
    EXPECT_EQ(store.index("calculator"), 5U);
}

TEST(LeaseStore, CountsInstancesThatAreUp) {
    LeaseStore store;
    put(store, instance("a"));
    put(store, instance("b"));
    EXPECT_EQ(store.find("calculator")->up, 2U);
    Instance drained = *store.find("calculator", "a")->instance;
    drained.override_status = Status::draining;
    EXPECT_EQ(store.modify(drained, kStart), LeaseStore::ModifyOutcome::modified);
    EXPECT_EQ(store.find("calculator")->up, 1U);
    store.remove("calculator", "b", "", kStart);
    EXPECT_EQ(store.find("calculator")->up, 0U);
}

TEST(LeaseStore, ANewProcessWinsAndTheOldOneIsTold) {
    LeaseStore store;
    put(store, instance("a", "old"));
    EXPECT_EQ(put(store, instance("a", "new")), Put::took_over);
    EXPECT_EQ(store.renew("calculator", "a", "old", kStart).outcome, Beat::replaced);
    EXPECT_EQ(store.remove("calculator", "a", "old", kStart), Removal::replaced);
    EXPECT_EQ(put(store, instance("a", "old")), Put::replaced);
    EXPECT_EQ(store.find("calculator", "a")->instance->incarnation, "new");
    EXPECT_EQ(store.renew("calculator", "a", "new", kStart).outcome, Beat::renewed);
    // Not even after the winner has left.
    EXPECT_EQ(store.remove("calculator", "a", "new", kStart), Removal::removed);
    EXPECT_EQ(store.renew("calculator", "a", "old", kStart).outcome, Beat::replaced);
    EXPECT_EQ(store.remove("calculator", "a", "old", kStart), Removal::replaced);
    EXPECT_EQ(put(store, instance("a", "old")), Put::replaced);
    EXPECT_EQ(put(store, instance("a", "newest")), Put::created);
}

TEST(LeaseStore, AFastRestartIsNeverMissing) {
    LeaseStore store;
    for (int run = 1; run <= 100; ++run) {
        put(store, instance("a", std::to_string(run)));
        store.remove("calculator", "a", std::to_string(run - 1), kStart);  // late goodbye
        ASSERT_NE(store.find("calculator", "a"), nullptr) << run;
    }
    // The lease is the new one's, not what was left of the old.
    put(store, instance("a", "last"), kStart + seconds{14});
    EXPECT_TRUE(expired(store, kStart + seconds{28}).empty());
}

TEST(LeaseStore, TellsUnknownNoncesToRegister) {
    LeaseStore store;
    EXPECT_EQ(store.renew("calculator", "a", "one", kStart).outcome, Beat::missing);
    EXPECT_EQ(store.remove("calculator", "a", "one", kStart), Removal::unknown);
    put(store, instance("a", "one"));
    // Not replaced, just never seen: its put will win.
    EXPECT_EQ(store.renew("calculator", "a", "two", kStart).outcome, Beat::missing);
    EXPECT_EQ(store.remove("calculator", "a", "two", kStart), Removal::replaced);
    EXPECT_EQ(put(store, instance("a", "two")), Put::took_over);
}

TEST(LeaseStore, RegistrarsWithoutNonceRenewEachOther) {
    LeaseStore store;
    put(store, instance("a", ""));
    const std::string made = store.find("calculator", "a")->instance->incarnation;
    EXPECT_EQ(made.size(), 16U);
    EXPECT_EQ(put(store, instance("a", "")), Put::renewed);
    EXPECT_EQ(store.find("calculator", "a")->instance->incarnation, made);
    EXPECT_EQ(store.renew("calculator", "a", "", kStart).outcome, Beat::renewed);
    EXPECT_EQ(put(store, instance("a", "named")), Put::took_over);
    EXPECT_EQ(put(store, instance("a", "")), Put::took_over);
    EXPECT_EQ(store.renew("calculator", "a", "named", kStart).outcome, Beat::replaced);
}

TEST(LeaseStore, KeepsTheOperatorsOverride) {
    LeaseStore store;
    put(store, instance("a"));
    Instance drained = *store.find("calculator", "a")->instance;
    drained.override_status = Status::draining;
    store.modify(drained, kStart);
    EXPECT_EQ(put(store, instance("a")), Put::renewed);
    EXPECT_EQ(put(store, instance("a", "restarted")), Put::took_over);
    EXPECT_EQ(store.find("calculator", "a")->instance->effective_status(), Status::draining);
    Instance unknown = instance("zz");
    EXPECT_EQ(store.modify(unknown, kStart), LeaseStore::ModifyOutcome::unknown);
}

TEST(LeaseStore, LimitsInstances) {
    LeaseStore store{{.instances_max = 2}};
    EXPECT_EQ(put(store, instance("a")), Put::created);
    EXPECT_EQ(put(store, instance("b")), Put::created);
    EXPECT_EQ(put(store, instance("c")), Put::full);
    EXPECT_EQ(put(store, instance("b")), Put::renewed);
    store.remove("calculator", "a", "", kStart);
    EXPECT_EQ(put(store, instance("c")), Put::created);
}

// 100,000 instances of 64 KiB each were within the limits.
TEST(LeaseStore, LimitsWhatTheTextsTake) {
    const auto with_text = [](const char* id, std::size_t bytes) {
        Instance made = instance(id);
        made.meta["text"] = std::string(bytes, 'x');
        return made;
    };
    LeaseStore measured;
    put(measured, with_text("a", 1000));
    const std::size_t one = measured.bytes();
    EXPECT_GE(one, 1000U);

    LeaseStore store{{.bytes_max = 2 * one}};
    EXPECT_EQ(put(store, with_text("a", 1000)), Put::created);
    EXPECT_EQ(put(store, with_text("b", 1000)), Put::created);
    EXPECT_EQ(store.bytes(), 2 * one);
    EXPECT_EQ(put(store, with_text("b", 1001)), Put::full);
    EXPECT_EQ(store.modify(with_text("b", 1001), kStart), LeaseStore::ModifyOutcome::full);
    EXPECT_EQ(put(store, instance("c")), Put::full);
    EXPECT_EQ(store.find("calculator", "b")->instance->meta.at("text").size(), 1000U);
    EXPECT_EQ(put(store, with_text("b", 900)), Put::updated);
    store.remove("calculator", "a", "", kStart);
    EXPECT_EQ(put(store, with_text("b", 1001)), Put::updated);
    EXPECT_EQ(put(store, instance("c")), Put::created);
    expired(store, kStart + seconds{100});
    EXPECT_EQ(store.bytes(), 0U);
}

TEST(LeaseStore, PostponesAllLeases) {
    LeaseStore store;
    Instance quick = instance("quick");
    quick.ttl = milliseconds{300};
    put(store, quick);
    put(store, instance("slow"));
    store.postpone(seconds{20});
    EXPECT_TRUE(expired(store, kStart + milliseconds{20'299}).empty());
    EXPECT_EQ(expired(store, kStart + milliseconds{20'300}).front().id, "quick");
    EXPECT_TRUE(expired(store, kStart + milliseconds{34'999}).empty());
    EXPECT_EQ(expired(store, kStart + seconds{35}).front().id, "slow");
}

TEST(LeaseStore, LimitsWhatItRemembers) {
    LeaseStore store{{.replaced_max = 2}};
    for (const char* nonce : {"1", "2", "3", "4"})
        put(store, instance("a", nonce));
    EXPECT_EQ(store.renew("calculator", "a", "1", kStart).outcome, Beat::missing);
    EXPECT_EQ(store.renew("calculator", "a", "2", kStart).outcome, Beat::replaced);
    EXPECT_EQ(store.renew("calculator", "a", "3", kStart).outcome, Beat::replaced);
}

TEST(LeaseStore, ExpiresExactlyTheSilentOnesOfMany) {
    LeaseStore store;
    constexpr int kCount = 10'000;
    for (int i = 0; i < kCount; ++i)
        put(store, instance(std::to_string(i)));
    for (int second = 1; second <= 60; ++second) {
        const TimePoint now = kStart + seconds{second};
        for (int i = second % 5; i < kCount; i += 5) {
            if (i % 10 != 0) store.renew("calculator", std::to_string(i), "one", now);
        }
        expired(store, now);
    }
    EXPECT_EQ(store.instance_count(), static_cast<std::size_t>(kCount - kCount / 10));
    EXPECT_EQ(store.find("calculator", "10"), nullptr);
    EXPECT_NE(store.find("calculator", "11"), nullptr);
}

}  // namespace rollcall::registry
