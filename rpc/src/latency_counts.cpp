#include <rollcall/rpc/latency_counts.h>

#include <numeric>

namespace rollcall::rpc {

std::uint64_t LatencyCounts::total() const noexcept {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

Duration LatencyCounts::quantile(double fraction) const noexcept {
    const auto all = static_cast<double>(total());
    if (all <= 0) return Duration{0};
    const double rank = std::clamp(fraction, 0.0, 1.0) * all;
    double below = 0;
    for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
        const auto here = static_cast<double>(buckets[i]);
        if (here > 0 && below + here >= rank) {
            const Duration low = i == 0 ? Duration{0} : Duration{kLatencyBounds[i - 1]};
            const Duration width = Duration{kLatencyBounds[i]} - low;
            const double part = (rank - below) / here;
            return low + std::chrono::duration_cast<Duration>(part * width);
        }
        below += here;
    }
    return kLatencyBounds.back();
}

LatencyCounts& LatencyCounts::operator+=(const LatencyCounts& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] += other.buckets[i];
    sum += other.sum;
    return *this;
}

}  // namespace rollcall::rpc
