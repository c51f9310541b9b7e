#pragma once
// How long the slowest few of all calls take.

#include <rollcall/base/clock.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace rollcall::discovery {

// A histogram with buckets of an eighth of their size each, from 1 us to hours. Old samples fade:
// all counts are halved now and then. Thread safety: any thread, without locks; of samples that
// come during a halving some may be lost.
class LatencyQuantile {
public:
    // `quantile` in (0, 1).
    explicit LatencyQuantile(double quantile) : quantile_(quantile) {}

    void add(Duration took);

    // The time in which that part of calls is answered, rounded up to the bucket's end; nothing
    // before a hundred samples.
    [[nodiscard]] std::optional<Duration> value() const;

private:
    static constexpr std::size_t kBuckets = 256;
    static constexpr std::uint32_t kMost = 16'384;  // samples, before they are halved
    static constexpr std::uint32_t kRenewal = 64;   // samples between two computations

    [[nodiscard]] static std::size_t bucket_of(Duration took);
    [[nodiscard]] static Duration end_of(std::size_t bucket);
    void compute();

    const double quantile_;
    std::array<std::atomic<std::uint32_t>, kBuckets> counts_{};
    std::atomic<std::uint32_t> added_{0};
    std::atomic<Duration::rep> value_{0};
};

}  // namespace rollcall::discovery
