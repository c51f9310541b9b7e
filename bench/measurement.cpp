#include "measurement.h"

#include <bit>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <unistd.h>

namespace rollcall::bench {
namespace {

constexpr unsigned kSubBits = 6;  // 64 buckets for each power of two
constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBits;

}  // namespace

Histogram::Histogram() : counts_(kSubBuckets * 64) {
}

std::size_t Histogram::bucket_of(std::uint64_t ns) {
    if (ns < kSubBuckets) return static_cast<std::size_t>(ns);
    const unsigned exponent = static_cast<unsigned>(std::bit_width(ns)) - 1 - kSubBits;
    return kSubBuckets * (exponent + 1) + static_cast<std::size_t>((ns >> exponent) - kSubBuckets);
}

double Histogram::middle_of(std::size_t bucket) {
    if (bucket < kSubBuckets) return static_cast<double>(bucket);
    const std::size_t exponent = bucket / kSubBuckets - 1;
    const auto low = static_cast<double>((kSubBuckets + bucket % kSubBuckets) << exponent);
    return low + static_cast<double>(std::size_t{1} << exponent) / 2;
}

void Histogram::add(Duration latency) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count();
    ++counts_[bucket_of(ns > 0 ? static_cast<std::uint64_t>(ns) : 0)];
    ++total_;
}

void Histogram::add(const Histogram& other) {
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket)
        counts_[bucket] += other.counts_[bucket];
    total_ += other.total_;
}

double Histogram::quantile_us(double q) const {
    const double wanted = q * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen > 0 && static_cast<double>(seen) >= wanted) return middle_of(bucket) / 1000;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

void Measurement::begin() {
    server_cpu_ = cpu_us(server_pid_);
    client_cpu_ = cpu_us(::getpid());
    begins_ = SteadyClock::now() + warm_up_;
    ends_ = begins_ + measured_;
}

void Measurement::add(const Measurement& part) {
    all_calls_ += part.all_calls_;
    calls_ += part.calls_;
    failures_ += part.failures_;
    latencies_.add(part.latencies_);
}

void Measurement::end() {
    server_cpu_ = cpu_us(server_pid_) - server_cpu_;
    client_cpu_ = cpu_us(::getpid()) - client_cpu_;
}

double Measurement::calls_per_second() const {
    return static_cast<double>(calls_) / std::chrono::duration<double>(measured_).count();
}

double Measurement::server_cpu_us() const {
    return server_cpu_ / static_cast<double>(all_calls_);
}

double Measurement::client_cpu_us() const {
    return client_cpu_ / static_cast<double>(all_calls_);
}

double cpu_us(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(file, text);
    // The command, in parentheses, may hold spaces; the fields after it do not.
    std::istringstream fields{text.substr(text.rfind(')') + 1)};
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace rollcall::bench
