// How well selectors keep what they promise, over many choices and without sockets.
#include <rollcall/base/hash.h>
#include <rollcall/discovery/consistent_hash_selector.h>
#include <rollcall/discovery/least_loaded_selector.h>
#include <rollcall/discovery/weighted_selector.h>

#include "discovery/fake_registry.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <deque>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;

// An instance's load as a test wants it.
class SetMeter final : public LoadMeter {
public:
    [[nodiscard]] Load load(TimePoint /*now*/) const override { return set; }

    [[nodiscard]] std::size_t in_flight() const override { return set.in_flight; }

    Load set;
};

// A list whose instances have weights and loads.
class Fleet {
public:
    explicit Fleet(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            // Sorted by id, as every list is.
            const std::string number = std::to_string(i);
            const std::string id = "10.0." + std::string(3 - number.size(), '0') + number + ":1";
            instances.push_back(tests::instance_named(id, 1));
            meters.emplace_back();
        }
    }

    [[nodiscard]] Candidates candidates(std::uint64_t version = 1) {
        members.clear();
        for (std::size_t i = 0; i < instances.size(); ++i)
            members.push_back({&instances[i], &meters[i]});
        return Candidates{members, version, TimePoint{}};
    }

    std::deque<registry::Instance> instances;
    std::deque<SetMeter> meters;
    std::vector<Candidate> members;
};

TEST(WeightedSelectors, KeepWeightsExactlyOverFullTurns) {
    Fleet fleet{4};
    const std::array<int, 4> weights{100, 50, 25, 0};
    for (std::size_t i = 0; i < 4; ++i)
        fleet.instances[i].weight = weights[i];
    WeightedSelector selector;
    const Candidates all = fleet.candidates();
    std::array<int, 4> counts{};
    for (int i = 0; i < 700; ++i)
        ++counts[selector.choose(all)];
    EXPECT_EQ(counts, (std::array{400, 200, 100, 0}));
}

TEST(WeightedSelectors, AreSmooth) {
    Fleet fleet{3};
    fleet.instances[0].weight = 5;
    fleet.instances[1].weight = fleet.instances[2].weight = 1;
    WeightedSelector selector;
    const Candidates all = fleet.candidates();
    int in_a_row = 0;
    int most = 0;
    for (int i = 0; i < 70; ++i) {
        in_a_row = selector.choose(all) == 0 ? in_a_row + 1 : 0;
        most = std::max(most, in_a_row);
    }
    EXPECT_LE(most, 3) << "not five of one and then the others";
}

TEST(WeightedSelectors, KeepUnevenWeightsWithinTwoPercent) {
    Fleet fleet{50};
    double sum = 0;
    for (std::size_t i = 0; i < 50; ++i) {
        fleet.instances[i].weight = static_cast<int>(i * i + 7 * i + 101);
        sum += fleet.instances[i].weight;
    }
    WeightedSelector selector;
    const Candidates all = fleet.candidates();
    constexpr int kCalls = 320'000;
    std::vector<int> counts(50);
    for (int i = 0; i < kCalls; ++i)
        ++counts[selector.choose(all)];
    for (std::size_t i = 0; i < 50; ++i) {
        const double share = counts[i] / double{kCalls};
        EXPECT_NEAR(share, fleet.instances[i].weight / sum, 0.02) << i;
    }
}

TEST(WeightedSelectors, LeaveOutWhoIsNotFit) {
    Fleet fleet{3};
    fleet.instances[0].weight = 200;
    fleet.instances[2].weight = 300;
    WeightedSelector selector;
    const std::vector<std::uint32_t> fit{0, 2};
    const Candidates some = fleet.candidates().only(fit);
    std::array<int, 2> counts{};
    for (int i = 0; i < 500; ++i)
        ++counts[selector.choose(some)];
    EXPECT_EQ(counts, (std::array{200, 300}));
}

TEST(WeightedSelectors, ChooseWhoHasNoWeightOnlyForLackOfOthers) {
    Fleet fleet{2};
    fleet.instances[0].weight = fleet.instances[1].weight = 0;
    WeightedSelector selector;
    std::array<int, 2> counts{};
    for (int i = 0; i < 100; ++i)
        ++counts[selector.choose(fleet.candidates())];
    EXPECT_EQ(counts[0], 50);
    fleet.instances[1].weight = 1;
    const std::vector<std::uint32_t> fit{0};
    EXPECT_EQ(selector.choose(fleet.candidates(2).only(fit)), 0U);
}

// A zone drained by weight cost each call a walk through the whole schedule.
TEST(WeightedSelectors, KeepWeightsAmongTheFewThatAreFit) {
    Fleet fleet{100};
    for (std::size_t i = 0; i < 100; ++i)
        fleet.instances[i].weight = 100;
    fleet.instances[7].weight = 1;
    fleet.instances[8].weight = 3;
    fleet.instances[9].weight = 0;
    WeightedSelector selector;
    const std::vector<std::uint32_t> few{7, 8, 9};
    const Candidates some = fleet.candidates().only(few);
    std::array<int, 3> counts{};
    for (int i = 0; i < 8'000; ++i)
        ++counts[selector.choose(some)];
    EXPECT_NEAR(counts[0] / 8'000.0, 0.25, 0.05);
    EXPECT_NEAR(counts[1] / 8'000.0, 0.75, 0.05);
    EXPECT_EQ(counts[2], 0);
}

// While one list follows another some calls still choose from the older one.
TEST(WeightedSelectors, ServeTwoListsAtOnce) {
    Fleet old{2};
    Fleet fresh{4};
    WeightedSelector selector;
    const Candidates before = old.candidates(1);
    const Candidates after = fresh.candidates(2);
    std::array<int, 2> old_counts{};
    std::array<int, 4> fresh_counts{};
    for (int i = 0; i < 400; ++i) {
        ++old_counts[selector.choose(before)];
        ++fresh_counts[selector.choose(after)];
    }
    EXPECT_EQ(old_counts, (std::array{200, 200}));
    EXPECT_EQ(fresh_counts, (std::array{100, 100, 100, 100}));
}

TEST(RoundRobinSelectors, AreExactlyEvenOverFullTurnsForEightCallers) {
    Fleet fleet{7};
    RoundRobinSelector selector;
    const Candidates all = fleet.candidates();
    std::array<std::atomic<int>, 7> counts{};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 7 * 1000; ++i)
                ++counts[selector.choose(all)];
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const auto& count : counts)
        EXPECT_EQ(count, 8000);
}

class ConsistentHash : public ::testing::Test {
protected:
    static constexpr int kKeys = 100'000;

    // Where each key goes, by id.
    static std::vector<std::string> places(Selector& selector, const Candidates& candidates) {
        std::vector<std::string> ids;
        for (int key = 0; key < kKeys; ++key) {
            const std::uint64_t hash = stable_hash("user-" + std::to_string(key));
            ids.push_back(candidates[selector.choose(candidates.with_key(hash))].id);
        }
        return ids;
    }

    static double moved(
        const std::vector<std::string>& before, const std::vector<std::string>& after
    ) {
        int count = 0;
        for (std::size_t i = 0; i < before.size(); ++i)
            count += before[i] != after[i] ? 1 : 0;
        return count / double{kKeys};
    }
};

TEST_F(ConsistentHash, MovesOnlyTheShareOfWhoComesOrGoes) {
    for (const std::size_t n : {5U, 20U, 100U}) {
        Fleet fleet{n};
        ConsistentHashSelector selector;
        const auto before = places(selector, fleet.candidates(1));
        fleet.instances.erase(fleet.instances.begin() + 2);
        const auto without = places(selector, fleet.candidates(2));
        EXPECT_LE(moved(before, without), 1.3 / static_cast<double>(n)) << n;
        EXPECT_GT(moved(before, without), 0.0);
        fleet.instances.insert(fleet.instances.begin() + 2, tests::instance_named("10.0.002:1", 1));
        EXPECT_EQ(moved(before, places(selector, fleet.candidates(3))), 0) << "as it was";
    }
}

TEST_F(ConsistentHash, MovesOnlyTheKeysOfWhoIsAvoided) {
    Fleet fleet{10};
    ConsistentHashSelector selector;
    const auto before = places(selector, fleet.candidates());
    const std::vector<std::uint32_t> fit{0, 1, 2, 3, 5, 6, 7, 8, 9};
    const auto without = places(selector, fleet.candidates().only(fit));
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] != "10.0.004:1") {
            ASSERT_EQ(before[i], without[i]);
        }
    }
}

TEST_F(ConsistentHash, IsFairlyEvenAndKnowsWeights) {
    Fleet fleet{10};
    fleet.instances[3].weight = 200;
    ConsistentHashSelector selector;
    std::map<std::string, int> counts;
    for (const std::string& id : places(selector, fleet.candidates()))
        ++counts[id];
    for (const auto& [id, count] : counts) {
        const double fair = kKeys / 11.0 * (id == "10.0.003:1" ? 2 : 1);
        EXPECT_NEAR(count, fair, fair * 0.25) << id;
    }
}

TEST_F(ConsistentHash, CountsAWeightAsSixteenAtMost) {
    Fleet fleet{17};
    fleet.instances[0].weight = 1'000'000;
    ConsistentHashSelector selector;
    const auto ids = places(selector, fleet.candidates());
    const auto its = std::count(ids.begin(), ids.end(), fleet.instances[0].id);
    EXPECT_NEAR(static_cast<double>(its) / kKeys, 0.5, 0.03);
}

TEST_F(ConsistentHash, IsTheSameInEveryProcess) {
    // Changing any of this moves the keys of every client that is not updated at the same moment.
    EXPECT_EQ(stable_hash(""), 0xf52a15e9a9b5e89bU);
    EXPECT_EQ(stable_hash("user-17"), stable_hash(std::string{"user-"} + "17"));
    Fleet fleet{10};
    ConsistentHashSelector one;
    ConsistentHashSelector two;
    EXPECT_EQ(places(one, fleet.candidates(1)), places(two, fleet.candidates(77)));
}

TEST_F(ConsistentHash, BoundsTheLoadOfAHotKey) {
    Fleet fleet{10};
    ConsistentHashSelector selector{{.points = 256, .load_bound = 1.25}};
    const Candidates candidates = fleet.candidates().with_key(stable_hash("hot"));
    for (int call = 0; call < 1000; ++call)
        ++fleet.meters[selector.choose(candidates)].set.in_flight;
    for (const SetMeter& meter : fleet.meters)
        EXPECT_LE(meter.set.in_flight, 126U);
}

TEST_F(ConsistentHash, SendsCallsWithoutAKeyAnywhere) {
    Fleet fleet{10};
    ConsistentHashSelector selector;
    std::map<std::size_t, int> counts;
    for (int i = 0; i < 10'000; ++i)
        ++counts[selector.choose(fleet.candidates())];
    EXPECT_EQ(counts.size(), 10U);
}

TEST_F(ConsistentHash, RefusesOptionsThatMakeNoSense) {
    EXPECT_THROW(ConsistentHashSelector({.points = 0}), std::invalid_argument);
    EXPECT_THROW(ConsistentHashSelector({.points = 1, .load_bound = 0.9}), std::invalid_argument);
    EXPECT_THROW(ConsistentHashSelector({.points = 1, .load_bound = NAN}), std::invalid_argument);
}

TEST(LeastLoaded, AvoidsTheSlowAndTheBusy) {
    Fleet fleet{5};
    for (SetMeter& meter : fleet.meters)
        meter.set.latency = 1ms;
    fleet.meters[1].set.latency = 10ms;
    fleet.meters[3].set.in_flight = 9;
    LeastLoadedSelector selector;
    std::map<std::size_t, int> counts;
    for (int i = 0; i < 10'000; ++i)
        ++counts[selector.choose(fleet.candidates())];
    EXPECT_LE(counts[1], 10'000 / 10 + 200) << "only when both draws are the worst two";
    EXPECT_LE(counts[3], 10'000 / 10 + 200);
    EXPECT_GE(counts[0], 2'000);
}

TEST(LeastLoaded, TakesAStrangerToBeAsFastAsOthers) {
    Fleet fleet{2};
    fleet.meters[0].set.latency = 1ms;
    LeastLoadedSelector selector;
    int stranger = 0;
    for (int i = 0; i < 1000; ++i)
        stranger += selector.choose(fleet.candidates()) == 1 ? 1 : 0;
    EXPECT_NEAR(stranger, 500, 100);
}

TEST(LeastLoaded, SparesNewcomers) {
    Fleet fleet{2};
    for (SetMeter& meter : fleet.meters)
        meter.set = {.in_flight = 3, .latency = 1ms};
    fleet.meters[1].set.known_for = 1s;
    fleet.meters[1].set.in_flight = 0;
    LeastLoadedSelector selector{{.slow_start = 10s}};
    EXPECT_EQ(selector.choose(fleet.candidates()), 0U) << "one call there weighs as ten";
    fleet.meters[1].set.known_for = 5s;
    EXPECT_EQ(selector.choose(fleet.candidates()), 1U);
    EXPECT_THROW(LeastLoadedSelector({.slow_start = -1s}), std::invalid_argument);
}

TEST(LeastLoaded, KnowsWeights) {
    Fleet fleet{2};
    for (SetMeter& meter : fleet.meters)
        meter.set.latency = 1ms;
    fleet.instances[0].weight = 300;
    LeastLoadedSelector selector;
    for (int i = 0; i < 400; ++i)
        ++fleet.meters[selector.choose(fleet.candidates())].set.in_flight;
    EXPECT_NEAR(static_cast<double>(fleet.meters[0].set.in_flight), 300, 2);
}

}  // namespace
}  // namespace rollcall::discovery
