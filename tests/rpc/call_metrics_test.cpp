// The counters alone, without a server.

#include <rollcall/rpc/call_metrics.h>

#include "call_batch.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

const MethodStats& find(const std::vector<MethodStats>& all, std::string_view name) {
    for (const MethodStats& stats : all) {
        if (stats.name == name) return stats;
    }
    throw std::runtime_error{"no method " + std::string{name}};
}

TEST(LatencyCounts, ABoundBelongsToTheBucketBelowIt) {
    EXPECT_EQ(latency_bucket(-1s), 0U);
    EXPECT_EQ(latency_bucket(25us), 0U);
    EXPECT_EQ(latency_bucket(25us + 1ns), 1U);
    EXPECT_EQ(latency_bucket(10s), kLatencyBounds.size() - 1);
    EXPECT_EQ(latency_bucket(10s + 1ns), kLatencyBounds.size());
}

TEST(LatencyCounts, QuantilesAreEstimatedWithinTheirBucket) {
    LatencyCounts counts;
    EXPECT_EQ(counts.quantile(0.5), 0ns) << "of nothing";
    counts.buckets[latency_bucket(80us)] = 100;  // 50 to 100 us
    EXPECT_EQ(counts.quantile(0.5), 75us);
    EXPECT_EQ(counts.quantile(1), 100us);
    counts.buckets[latency_bucket(4ms)] = 100;  // 2.5 to 5 ms
    EXPECT_EQ(counts.quantile(0.25), 75us);
    EXPECT_EQ(counts.quantile(0.75), 3750us);
    counts.buckets[latency_bucket(1min)] = 1800;
    EXPECT_EQ(counts.quantile(0.99), 10s) << "what exceeds the last bound counts as that";
}

TEST(CallMetrics, CountsOutcomesTimesAndBytes) {
    CallMetrics metrics;
    metrics.record("add", {.latency = 30us, .request_bytes = 9, .reply_bytes = 5});
    metrics.record("add", {.latency = 3ms, .request_bytes = 9, .reply_bytes = 5});
    metrics.record("add", {.outcome = Errc::timed_out, .latency = 1s, .request_bytes = 9});
    metrics.record("note", {.outcome = Errc::handler_failed});
    const auto all = metrics.read();
    ASSERT_EQ(all.size(), 2U);
    const MethodStats& add = find(all, "add");
    EXPECT_EQ(add.ok, 2U);
    EXPECT_EQ(add.calls(), 3U);
    ASSERT_EQ(add.errors.size(), 1U);
    EXPECT_EQ(add.errors[0], (std::pair<std::string, std::uint64_t>{"timed_out", 1}));
    EXPECT_EQ(add.request_bytes, 27U);
    EXPECT_EQ(add.reply_bytes, 10U);
    EXPECT_EQ(add.latency.total(), 3U);
    EXPECT_EQ(add.latency.sum, 1s + 3ms + 30us);
    EXPECT_EQ(add.latency.buckets[latency_bucket(3ms)], 1U);
    EXPECT_EQ(find(all, "note").failed(), 1U);
}

TEST(CallMetrics, KnowsWhatIsInFlightWhicheverThreadEndsIt) {
    CallMetrics metrics{8};
    CallMetrics::Method& method = metrics.method("m");
    method.begin();
    method.begin();
    EXPECT_EQ(method.read().in_flight, 2U);
    std::thread{[&] { method.end(CallEnd()); }}.join();
    EXPECT_EQ(method.read().in_flight, 1U);
    EXPECT_EQ(method.read().ok, 1U);
}

TEST(CallMetrics, LosesNothingWhenMoreThreadsCountThanItHasStripes) {
    constexpr std::size_t kThreads = 6;
    constexpr std::uint64_t kCalls = 20'000;
    CallMetrics metrics{2};
    CallMetrics::Method& method = metrics.method("m");
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (std::uint64_t n = 0; n < kCalls; ++n)
                method.count(1, {.latency = 1us, .request_bytes = 2, .reply_bytes = 3});
        });
    }
    for (auto& thread : threads)
        thread.join();
    const MethodStats stats = method.read();
    EXPECT_EQ(stats.ok, kThreads * kCalls);
    EXPECT_EQ(stats.latency.total(), kThreads * kCalls);
    EXPECT_EQ(stats.request_bytes, 2 * kThreads * kCalls);
    EXPECT_EQ(stats.latency.sum, static_cast<Duration::rep>(kThreads * kCalls) * Duration{1us});
}

TEST(CallMetrics, HasALimitOfNamesAndCountsTheOthersTogether) {
    CallMetrics metrics{1, 2};
    for (const char* name : {"a", "b", "c", "d", "a"})
        metrics.record(name, CallEnd());
    const auto all = metrics.read();
    ASSERT_EQ(all.size(), 3U) << "two, and the others";
    EXPECT_EQ(find(all, "a").ok, 2U);
    EXPECT_EQ(find(all, CallMetrics::kOther).ok, 2U);
}

TEST(CallBatch, CountsCallsThatEndAlikeAtOnceAndLosesNone) {
    CallMetrics metrics;
    CallMetrics::Method& a = metrics.method("a");
    CallMetrics::Method& b = metrics.method("b");
    CallBatch batch;
    const TimePoint read = SteadyClock::now();
    batch.add(nullptr, Errc{}, 1, 1, read);  // one that is not counted
    for (int i = 0; i < 100; ++i) {
        batch.add(&a, i % 10 == 0 ? Errc::handler_failed : Errc{}, 2, 3, read);
        batch.add(&b, Errc{}, 1, 1, read);
    }
    batch.end(read);
    EXPECT_EQ(a.read().ok, 90U);
    EXPECT_EQ(a.read().failed(), 10U);
    EXPECT_EQ(a.read().request_bytes, 200U);
    EXPECT_EQ(b.read().calls(), 100U);
    EXPECT_EQ(b.read().latency.total(), 100U);
    batch.end(read);
    EXPECT_EQ(b.read().calls(), 100U) << "it is empty now";
}

}  // namespace
}  // namespace rollcall::rpc::tests
