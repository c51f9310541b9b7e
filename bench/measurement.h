#pragma once
// Counts and times of one run.

#include <rollcall/base/clock.h>

#include <cstdint>
#include <vector>

namespace rollcall::bench {

// Latencies in nanoseconds in buckets that are at most 1.6 % wide. One thread.
class Histogram {
public:
    Histogram();
    void add(Duration latency);
    // The latency below which the fraction `q` of all lies, in microseconds.
    [[nodiscard]] double quantile_us(double q) const;

private:
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns);
    [[nodiscard]] static double middle_of(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

// A run has a warm-up, which is not counted, and a measured part.
class Measurement {
public:
    Measurement(TimePoint start, Duration warm_up, Duration measured)
        : begins_(start + warm_up), ends_(begins_ + measured) {}

    void add(TimePoint sent, TimePoint received) {
        if (received < begins_ || received >= ends_) return;
        ++calls_;
        latencies_.add(received - sent);
    }

    void add_failure() { ++failures_; }

    [[nodiscard]] bool is_over(TimePoint now) const { return now >= ends_; }

    [[nodiscard]] TimePoint begins() const { return begins_; }

    [[nodiscard]] TimePoint ends() const { return ends_; }

    [[nodiscard]] std::uint64_t calls() const { return calls_; }

    [[nodiscard]] std::uint64_t failures() const { return failures_; }

    [[nodiscard]] const Histogram& latencies() const { return latencies_; }

private:
    TimePoint begins_;
    TimePoint ends_;
    std::uint64_t calls_ = 0;
    std::uint64_t failures_ = 0;
    Histogram latencies_;
};

// Processor time of this process or another, user and system, in microseconds.
[[nodiscard]] double cpu_us(int pid);

}  // namespace rollcall::bench
