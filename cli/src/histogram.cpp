#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rollcall::cli {
namespace {

// Nanoseconds below 2^7 have a bucket each; above, each power of two has 64.
constexpr unsigned kSubBits = 6;
constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBits;
constexpr std::size_t kBuckets = (64 - kSubBits) * kSubBuckets;

std::size_t bucket_of(std::uint64_t nanoseconds) {
    const auto bits = static_cast<unsigned>(std::bit_width(nanoseconds));
    const unsigned shift = bits > kSubBits + 1 ? bits - kSubBits - 1 : 0;
    return shift * kSubBuckets + (nanoseconds >> shift);
}

// The largest value that falls into the bucket.
std::uint64_t last_of(std::size_t bucket) {
    const std::uint64_t shift = bucket < 2 * kSubBuckets ? 0 : bucket / kSubBuckets - 1;
    const std::uint64_t top = bucket - shift * kSubBuckets;
    return ((top + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {
}

void Histogram::record(Duration latency) {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count();
    ++buckets_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)))];
    ++count_;
}

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i)
        buckets_[i] += other.buckets_[i];
    count_ += other.count_;
}

Duration Histogram::quantile(double fraction) const {
    if (count_ == 0) return Duration::zero();
    const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
    std::uint64_t seen = 0;
    std::size_t bucket = 0;
    while ((seen += buckets_[bucket]) < rank)
        ++bucket;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(last_of(bucket))};
}

}  // namespace rollcall::cli
