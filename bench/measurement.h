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
    void add(const Histogram& other);
    // The latency below which the fraction `q` of all lies, in microseconds.
    [[nodiscard]] double quantile_us(double q) const;

private:
    [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns);
    [[nodiscard]] static double middle_of(std::size_t bucket);

    std::vector<std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

// Processor time of a process, user and system, in microseconds.
[[nodiscard]] double cpu_us(int pid);

// A run has a warm-up, whose calls and latencies are not counted, and a measured part. One thread;
// copies made after begin() are for others.
class Measurement {
public:
    Measurement(int server_pid, Duration warm_up, Duration measured)
        : server_pid_(server_pid), warm_up_(warm_up), measured_(measured) {}

    // The connections stand; calls begin.
    void begin();

    void add(TimePoint sent, TimePoint received) {
        ++all_calls_;
        if (received < begins_ || received >= ends_) return;
        ++calls_;
        latencies_.add(received - sent);
    }

    void add_failure() { ++failures_; }

    // What another thread has measured with a copy of this one.
    void add(const Measurement& part);

    [[nodiscard]] bool is_over(TimePoint now) const { return now >= ends_; }

    // All have ended; processor time is counted up to here.
    void end();

    [[nodiscard]] std::uint64_t calls() const { return calls_; }

    [[nodiscard]] std::uint64_t failures() const { return failures_; }

    [[nodiscard]] double calls_per_second() const;

    // Per call, the warm-up included.
    [[nodiscard]] double server_cpu_us() const;
    [[nodiscard]] double client_cpu_us() const;

    [[nodiscard]] const Histogram& latencies() const { return latencies_; }

private:
    const int server_pid_;
    const Duration warm_up_;
    const Duration measured_;
    TimePoint begins_;
    TimePoint ends_;
    double server_cpu_ = 0;
    double client_cpu_ = 0;
    std::uint64_t all_calls_ = 0;
    std::uint64_t calls_ = 0;
    std::uint64_t failures_ = 0;
    Histogram latencies_;
};

}  // namespace rollcall::bench
