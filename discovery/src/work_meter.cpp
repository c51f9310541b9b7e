#include "work_meter.h"

#include <algorithm>
#include <cmath>

namespace rollcall::discovery {
namespace {

// A sample from so long ago counts 1/e of what it counted.
constexpr Duration kMemory = std::chrono::seconds{3};
// While nothing is sent there the average falls to 1/e in this time.
constexpr Duration kFading = std::chrono::seconds{10};

TimePoint::rep ticks(TimePoint point) {
    return point.time_since_epoch().count();
}

double faded(Duration::rep age, Duration in) {
    return std::exp(
        -static_cast<double>(std::max<Duration::rep>(0, age)) / static_cast<double>(in.count())
    );
}

}  // namespace

void WorkMeter::on_begin(TimePoint now) {
    if (in_flight_.fetch_add(1, std::memory_order_relaxed) == 0)
        busy_since_.store(ticks(now), std::memory_order_relaxed);
}

void WorkMeter::on_end(TimePoint now) {
    busy_since_.store(ticks(now), std::memory_order_relaxed);
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

void WorkMeter::on_answer(Duration took, TimePoint now) {
    const Duration::rep old = latency_.load(std::memory_order_relaxed);
    const auto sample = std::max<Duration::rep>(1, took.count());
    const Duration::rep age = ticks(now) - sampled_.exchange(ticks(now), std::memory_order_relaxed);
    if (old == 0) return latency_.store(sample, std::memory_order_relaxed);
    // At many answers a second each counts little: what is averaged over is time.
    const double keep = std::min(faded(age, kMemory), 0.95);
    const double mean = keep * static_cast<double>(old) + (1 - keep) * static_cast<double>(sample);
    latency_.store(std::max<Duration::rep>(1, std::llround(mean)), std::memory_order_relaxed);
}

Load WorkMeter::load(TimePoint now) const {
    Load load;
    load.in_flight = in_flight();
    load.known_for = now - joined_;
    const Duration::rep latency = latency_.load(std::memory_order_relaxed);
    if (load.in_flight > 0) {
        const Duration::rep waited = ticks(now) - busy_since_.load(std::memory_order_relaxed);
        load.latency = Duration{latency == 0 ? 0 : std::max(latency, waited)};
    } else if (latency != 0) {
        const Duration::rep idle = ticks(now) - sampled_.load(std::memory_order_relaxed);
        const double mean = static_cast<double>(latency) * faded(idle, kFading);
        load.latency = Duration{std::max<Duration::rep>(1, std::llround(mean))};
    }
    return load;
}

}  // namespace rollcall::discovery
