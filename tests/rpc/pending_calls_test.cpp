// The table of calls in flight, without sockets.

#include "pending_calls.h"

#include "support/seed.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>

namespace rollcall::rpc {
namespace {

CallPtr make_call(Deadline deadline = Deadline::never()) {
    return CallPtr{new NotifyCall{PackedInvocation::pack("method"), deadline}};
}

TEST(PendingCalls, FindsACallOnce) {
    PendingCalls calls{7};
    const CallPtr call = make_call();
    const std::uint32_t id = calls.add(call);
    EXPECT_EQ(id, 7U);
    EXPECT_EQ(call->id, 7U);
    EXPECT_FALSE(calls.take(6));
    EXPECT_EQ(&*calls.take(7), &*call);
    EXPECT_FALSE(calls.take(7));
    EXPECT_EQ(calls.size(), 0U);
}

TEST(PendingCalls, AnIdWithTheSameLowBitsIsAnotherCall) {
    PendingCalls calls{0};
    const std::uint32_t id = calls.add(make_call());
    for (std::uint32_t bit = 16; bit != 0; bit <<= 1U)
        EXPECT_FALSE(calls.take(id + bit));
    EXPECT_TRUE(calls.take(id));
}

TEST(PendingCalls, IdsWrapAround) {
    PendingCalls calls{UINT32_MAX - 1};
    EXPECT_EQ(calls.add(make_call()), UINT32_MAX - 1);
    EXPECT_EQ(calls.next_id(), UINT32_MAX);
    EXPECT_EQ(calls.add(make_call()), 0U);
    EXPECT_EQ(calls.add(make_call()), 1U);
    EXPECT_TRUE(calls.take(UINT32_MAX - 1));
    EXPECT_TRUE(calls.take(0));
    EXPECT_TRUE(calls.take(1));
}

TEST(PendingCalls, SkipsIdsWhosePlaceIsTaken) {
    PendingCalls calls{0};
    const CallPtr slow = make_call();
    EXPECT_EQ(calls.add(slow), 0U);
    for (std::uint32_t id = 1; id < 16; ++id) {
        EXPECT_EQ(calls.add(make_call()), id);
        EXPECT_TRUE(calls.take(id));
    }
    // 16 has the place of 0, which is still in flight.
    EXPECT_EQ(calls.add(make_call()), 17U);
    EXPECT_EQ(&*calls.take(0), &*slow);
}

TEST(PendingCalls, RemovesAVeryCallAndNoOtherWithItsId) {
    PendingCalls calls{0};
    const CallPtr call = make_call();
    const CallPtr stranger = make_call();  // has id 0, too
    calls.add(call);
    EXPECT_FALSE(calls.remove(*stranger));
    EXPECT_TRUE(calls.remove(*call));
    EXPECT_FALSE(calls.remove(*call));
}

TEST(PendingCalls, KnowsTheEarliestDeadline) {
    PendingCalls calls{0};
    EXPECT_TRUE(calls.earliest().is_never());
    const TimePoint now = SteadyClock::now();
    calls.add(make_call());
    calls.add(make_call(Deadline::at(now + std::chrono::seconds{2})));
    const auto first = calls.add(make_call(Deadline::at(now + std::chrono::seconds{1})));
    EXPECT_EQ(calls.earliest().point(), now + std::chrono::seconds{1});
    EXPECT_TRUE(calls.take(first));
    EXPECT_EQ(calls.earliest().point(), now + std::chrono::seconds{2});
}

// Random adding, taking, removing and selecting against a map, over the wrap and many growths.
TEST(PendingCalls, BehavesAsAMap) {
    std::mt19937_64 random{tests::seed()};
    PendingCalls calls{UINT32_MAX - 500};
    std::map<std::uint32_t, CallPtr> model;
    const auto pick = [&] {
        return std::next(model.begin(), static_cast<int>(random() % model.size()));
    };
    for (int step = 0; step < 20000; ++step) {
        const unsigned grows = (step / 2000) % 2 == 0 ? 6 : 3;
        if (random() % 10 < grows || model.empty()) {
            const CallPtr call = make_call();
            const std::uint32_t id = calls.add(call);
            ASSERT_TRUE(model.emplace(id, call).second) << "id " << id << " given twice";
        } else if (random() % 8 == 0) {
            const auto chosen = pick();
            ASSERT_TRUE(calls.remove(*chosen->second));
            model.erase(chosen);
        } else if (random() % 500 == 0) {
            const auto odd = [](const Call& call) { return call.id % 2 == 1; };
            const auto taken = calls.take_if(odd);
            const auto erased = std::erase_if(model, [&](const auto& e) { return odd(*e.second); });
            ASSERT_EQ(taken.size(), erased);
        } else {
            const auto chosen = pick();
            const CallPtr taken = calls.take(chosen->first);
            ASSERT_TRUE(taken);
            ASSERT_EQ(&*taken, &*chosen->second);
            model.erase(chosen);
        }
        const auto unknown = static_cast<std::uint32_t>(random());
        ASSERT_TRUE(model.contains(unknown) || !calls.take(unknown));
        ASSERT_EQ(calls.size(), model.size());
    }
    EXPECT_EQ(calls.take_if([](const Call&) { return true; }).size(), model.size());
}

}  // namespace
}  // namespace rollcall::rpc
