#include <rollcall/rpc/call_metrics.h>

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>

namespace rollcall::rpc {
namespace {

constexpr std::size_t kStripesMax = 64;

// Threads are numbered as they come, so that those of one server use neighbouring stripes.
std::size_t number_of_this_thread() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
    return number;
}

template <class T, class N>
void add(std::atomic<T>& counter, N n) noexcept {
    counter.fetch_add(static_cast<T>(n), std::memory_order_relaxed);
}

}  // namespace

std::uint64_t MethodStats::failed() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& [code, number] : errors)
        sum += number;
    return sum;
}

CallMetrics::Method::Method(std::size_t stripes)
    : mask_(stripes - 1), stripes_(std::make_unique<Stripe[]>(stripes)) {
}

CallMetrics::Method::Stripe& CallMetrics::Method::mine() const noexcept {
    return stripes_[number_of_this_thread() & mask_];
}

void CallMetrics::Method::begin() noexcept {
    add(mine().in_flight, 1);
}

void CallMetrics::Method::end(const CallEnd& call) noexcept {
    add(mine().in_flight, -1);
    count(1, call);
}

void CallMetrics::Method::count(std::uint64_t calls, const CallEnd& alike) noexcept {
    Stripe& stripe = mine();
    const Duration latency = std::max(alike.latency, Duration{0});
    add(stripe.buckets[latency_bucket(latency)], calls);
    add(stripe.nanoseconds,
        std::chrono::duration_cast<std::chrono::nanoseconds>(latency).count() *
            static_cast<std::int64_t>(calls));
    add(stripe.request_bytes, alike.request_bytes);
    add(stripe.reply_bytes, alike.reply_bytes);
    if (alike.outcome == Errc{}) {
        add(stripe.ok, calls);
    } else {
        add(errors_[std::min(static_cast<std::size_t>(alike.outcome), kCodes - 1)], calls);
    }
}

MethodStats CallMetrics::Method::read() const {
    MethodStats stats;
    std::int64_t in_flight = 0;
    std::chrono::nanoseconds sum{0};
    for (std::size_t i = 0; i <= mask_; ++i) {
        const Stripe& stripe = stripes_[i];
        stats.ok += stripe.ok.load(std::memory_order_relaxed);
        stats.request_bytes += stripe.request_bytes.load(std::memory_order_relaxed);
        stats.reply_bytes += stripe.reply_bytes.load(std::memory_order_relaxed);
        sum += std::chrono::nanoseconds{stripe.nanoseconds.load(std::memory_order_relaxed)};
        in_flight += stripe.in_flight.load(std::memory_order_relaxed);
        for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket)
            stats.latency.buckets[bucket] += stripe.buckets[bucket].load(std::memory_order_relaxed);
    }
    stats.latency.sum = std::chrono::duration_cast<Duration>(sum);
    // One that began on one thread and ended on another may be seen to end first.
    stats.in_flight = static_cast<std::uint64_t>(std::max<std::int64_t>(in_flight, 0));
    for (std::size_t code = 1; code < kCodes; ++code) {
        const std::uint64_t number = errors_[code].load(std::memory_order_relaxed);
        if (number > 0) stats.errors.emplace_back(name_of(static_cast<Errc>(code)), number);
    }
    return stats;
}

CallMetrics::CallMetrics(std::size_t threads, std::size_t max_methods)
    : stripes_(std::bit_ceil(std::clamp<std::size_t>(threads, 1, kStripesMax))),
      max_methods_(std::max<std::size_t>(max_methods, 1)) {
}

CallMetrics::Method& CallMetrics::method(std::string_view name) {
    {
        const std::shared_lock lock{mutex_};
        if (const auto found = methods_.find(name); found != methods_.end()) return *found->second;
    }
    const std::lock_guard lock{mutex_};
    if (methods_.size() >= max_methods_ && !methods_.contains(name)) name = kOther;
    auto& method = methods_[std::string{name}];
    if (!method) method = std::make_unique<Method>(stripes_);
    return *method;
}

std::vector<MethodStats> CallMetrics::read() const {
    std::vector<MethodStats> all;
    {
        const std::shared_lock lock{mutex_};
        all.reserve(methods_.size());
        for (const auto& [name, method] : methods_) {
            all.push_back(method->read());
            all.back().name = name;
        }
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
}

}  // namespace rollcall::rpc
