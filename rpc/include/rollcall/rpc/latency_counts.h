#pragma once
// How long calls took, counted in a few fixed buckets.

#include <rollcall/base/clock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace rollcall::rpc {

// The upper bounds of the buckets; one more bucket takes what is longer than all of them.
inline constexpr std::array<std::chrono::microseconds, 18> kLatencyBounds{
    std::chrono::microseconds{25},
    std::chrono::microseconds{50},
    std::chrono::microseconds{100},
    std::chrono::microseconds{250},
    std::chrono::microseconds{500},
    std::chrono::microseconds{1'000},
    std::chrono::microseconds{2'500},
    std::chrono::microseconds{5'000},
    std::chrono::microseconds{10'000},
    std::chrono::microseconds{25'000},
    std::chrono::microseconds{50'000},
    std::chrono::microseconds{100'000},
    std::chrono::microseconds{250'000},
    std::chrono::microseconds{500'000},
    std::chrono::microseconds{1'000'000},
    std::chrono::microseconds{2'500'000},
    std::chrono::microseconds{5'000'000},
    std::chrono::microseconds{10'000'000},
};

inline constexpr std::size_t kLatencyBuckets = kLatencyBounds.size() + 1;

// The bucket of a latency. Less than nothing counts as nothing.
[[nodiscard]] inline std::size_t latency_bucket(Duration latency) noexcept {
    const auto found = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), latency);
    return static_cast<std::size_t>(found - kLatencyBounds.begin());
}

// A value.
struct LatencyCounts {
    std::array<std::uint64_t, kLatencyBuckets> buckets{};  // of each alone, not cumulative
    Duration sum{0};                                       // of all

    [[nodiscard]] std::uint64_t total() const noexcept;

    // The latency that a `fraction` (0 to 1) of all stay within, estimated by a straight line
    // through the bucket it falls into; the last bound for what is longer; zero if there is none.
    [[nodiscard]] Duration quantile(double fraction) const noexcept;

    LatencyCounts& operator+=(const LatencyCounts& other) noexcept;

    friend bool operator==(const LatencyCounts&, const LatencyCounts&) = default;
};

}  // namespace rollcall::rpc
