#include "latency_quantile.h"

#include <algorithm>
#include <bit>

namespace rollcall::discovery {
namespace {

constexpr unsigned kStepBits = 3;  // eight buckets for each doubling
constexpr std::uint32_t kEnough = 100;

}  // namespace

std::size_t LatencyQuantile::bucket_of(Duration took) {
    const auto count = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const auto us =
        static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)) + (1U << kStepBits);
    const auto doubling = static_cast<unsigned>(std::bit_width(us)) - 1;
    const std::size_t step = (us >> (doubling - kStepBits)) & ((1U << kStepBits) - 1);
    return std::min<std::size_t>(((doubling - kStepBits) << kStepBits) + step, kBuckets - 1);
}

Duration LatencyQuantile::end_of(std::size_t bucket) {
    const std::size_t doubling = (bucket >> kStepBits) + kStepBits;
    const std::size_t step = (bucket & ((1U << kStepBits) - 1)) + (1U << kStepBits);
    const std::uint64_t end = (std::uint64_t{step} + 1) << (doubling - kStepBits);
    return std::chrono::microseconds{static_cast<std::int64_t>(end - (1U << kStepBits))};
}

void LatencyQuantile::add(Duration took) {
    counts_[bucket_of(took)].fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t added = added_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (added >= kEnough && added % kRenewal == 0) compute();
}

void LatencyQuantile::compute() {
    std::uint64_t all = 0;
    for (const auto& count : counts_)
        all += count.load(std::memory_order_relaxed);
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(all) * quantile_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += counts_[i].load(std::memory_order_relaxed);
        if (seen <= wanted) continue;
        value_.store(end_of(i).count(), std::memory_order_relaxed);
        break;
    }
    if (all < kMost) return;
    for (auto& count : counts_)
        count.store(count.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
}

std::optional<Duration> LatencyQuantile::value() const {
    const Duration::rep value = value_.load(std::memory_order_relaxed);
    if (value == 0) return std::nullopt;
    return Duration{value};
}

}  // namespace rollcall::discovery
