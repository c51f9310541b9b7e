#include "work_meter.h"

#include <algorithm>
#include <cmath>

namespace rollcall::discovery {
namespace {

// A sample from so long ago counts 1/e of what it counted.
constexpr Duration kMemory = std::chrono::seconds{3};
// Of the average before a sample at most so much is kept, and just that if it is hardly older.
constexpr double kMostKept = 0.95;
constexpr Duration::rep kShort = kMemory.count() / 20;
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
    if (begun_.fetch_add(1, std::memory_order_relaxed) == ended_.load(std::memory_order_relaxed))
        busy_since_.store(ticks(now), std::memory_order_relaxed);
}

void WorkMeter::on_answer(Duration took, TimePoint now) {
    on_sample(took, now);
    busy_since_.store(ticks(now), std::memory_order_relaxed);
    ended_.fetch_add(1, std::memory_order_release);
}

void WorkMeter::on_end(TimePoint now) {
    busy_since_.store(ticks(now), std::memory_order_relaxed);
    unanswered_.fetch_add(1, std::memory_order_relaxed);
    ended_.fetch_add(1, std::memory_order_release);
}

std::uint64_t WorkMeter::answers() const {
    const std::uint64_t ended = ended_.load(std::memory_order_acquire);
    return ended - std::min(ended, unanswered_.load(std::memory_order_relaxed));
}

void WorkMeter::on_sample(Duration took, TimePoint now) {
    const Duration::rep old = latency_.load(std::memory_order_relaxed);
    const auto sample = std::max<Duration::rep>(1, took.count());
    const Duration::rep age = ticks(now) - sampled_.load(std::memory_order_relaxed);
    sampled_.store(ticks(now), std::memory_order_relaxed);
    if (old == 0) return latency_.store(sample, std::memory_order_relaxed);
    // At many answers a second each counts little: what is averaged over is time.
    const double keep = age < kShort ? kMostKept : std::min(faded(age, kMemory), kMostKept);
    const double mean = keep * static_cast<double>(old) + (1 - keep) * static_cast<double>(sample);
    // Rounded; std::llround() is a call, and this is on the way of each answer.
    const auto rounded = static_cast<Duration::rep>(mean + 0.5);
    latency_.store(std::max<Duration::rep>(1, rounded), std::memory_order_relaxed);
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
