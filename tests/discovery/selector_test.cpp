// Selectors are pure but for their randomness: no sockets here.
#include <rollcall/discovery/selector.h>

#include "discovery/fake_registry.h"
#include "support/seed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

// Instances "a00", "a01", ...
class Selectors : public testing::Test {
protected:
    static std::vector<registry::Instance> instances(std::size_t count) {
        std::vector<registry::Instance> all;
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(tests::instance_named(id(i), static_cast<std::uint16_t>(i + 1)));
        return all;
    }

    static std::string id(std::size_t i) { return (i < 10 ? "a0" : "a") + std::to_string(i); }

    // A list with the number `version`, made of instances that outlive it.
    class List {
    public:
        explicit List(const std::vector<registry::Instance>& all, std::uint64_t version = 1)
            : version_(version) {
            for (const registry::Instance& each : all)
                members_.push_back({&each, nullptr});
        }

        void drop(std::size_t i) {
            members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
        }

        [[nodiscard]] Candidates candidates() const {
            return Candidates{members_, version_, TimePoint{}};
        }

        const registry::Instance* operator[](std::size_t i) const { return members_[i].instance; }

    private:
        std::vector<Candidate> members_;
        std::uint64_t version_;
    };

    static List pointers(const std::vector<registry::Instance>& all) { return List{all}; }
};

TEST_F(Selectors, RoundRobinTakesEachInTurn) {
    const auto all = instances(3);
    const auto list = pointers(all);
    RoundRobinSelector selector;
    const std::size_t first = selector.choose(list.candidates());
    for (std::size_t i = 1; i < 10; ++i)
        EXPECT_EQ(selector.choose(list.candidates()), (first + i) % 3);
}

TEST_F(Selectors, RoundRobinStartsAnywhere) {
    const auto all = instances(4);
    const auto list = pointers(all);
    std::set<std::size_t> starts;
    // 200 fair starts miss one of four with a probability of 4 * 0.75^200 < 1e-24.
    for (int i = 0; i < 200; ++i)
        starts.insert(RoundRobinSelector{}.choose(list.candidates()));
    EXPECT_EQ(starts.size(), 4U);
}

TEST_F(Selectors, RoundRobinSkipsNobodyWhenTheListChanges) {
    const auto all = instances(4);
    RoundRobinSelector selector;
    const auto list = pointers(all);
    while (list[selector.choose(list.candidates())]->id != "a01") {
    }
    // a01 has just been chosen and leaves: its successor is next, not the one after that.
    List without{all, 2};
    without.drop(1);
    EXPECT_EQ(without[selector.choose(without.candidates())]->id, "a02");
    // It comes back: the turn goes on from a02.
    EXPECT_EQ(list[selector.choose(list.candidates())]->id, "a03");
    EXPECT_EQ(list[selector.choose(list.candidates())]->id, "a00");
}

// Eight threads choose while instances come and go. Each change moves every count by at most one
// turn, so those that are always there must end up even.
TEST_F(Selectors, RoundRobinIsEvenUnderThreadsAndChanges) {
    const auto all = instances(6);
    const auto full = pointers(all);
    List without_last{all, 2};
    without_last.drop(5);
    constexpr int kThreads = 8;
    constexpr int kCalls = 2000;
    constexpr int kBlock = 20;  // choices of one thread from the same list
    RoundRobinSelector selector;
    std::array<std::atomic<int>, 6> counts{};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, random = std::mt19937_64{tests::seed() + std::uint64_t(t)}](
                             ) mutable {
            for (int i = 0; i < kCalls; i += kBlock) {
                const auto& list = random() % 2 == 0 ? full : without_last;
                for (int k = 0; k < kBlock; ++k)
                    ++counts[list[selector.choose(list.candidates())]->port - 1U];
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    // The cycle is a00 ... a04 and sometimes a05: the five differ by one turn at most.
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end() - 1);
    EXPECT_LE(*most - *least, 1);
    EXPECT_GT(counts[5], 0);
    EXPECT_LE(counts[5], *most);
}

TEST_F(Selectors, RandomIsEven) {
    const auto all = instances(4);
    const auto list = pointers(all);
    RandomSelector selector;
    std::array<int, 4> counts{};
    constexpr int kCalls = 40000;
    for (int i = 0; i < kCalls; ++i)
        ++counts[selector.choose(list.candidates())];
    // Standard deviation 87: eight of them.
    for (const int count : counts)
        EXPECT_NEAR(count, kCalls / 4, 700);
}

TEST_F(Selectors, AreMadeByMode) {
    const auto all = instances(1);
    for (const char* const name :
         {"random", "round_robin", "weighted", "consistent_hash", "least_loaded"}) {
        const auto mode = select_mode_from(name);
        ASSERT_TRUE(mode) << name;
        EXPECT_EQ(name_of(*mode), name);
        EXPECT_EQ(make_selector(*mode)->choose(pointers(all).candidates()), 0U) << name;
    }
    EXPECT_FALSE(select_mode_from("first"));
}

}  // namespace
}  // namespace rollcall::discovery
