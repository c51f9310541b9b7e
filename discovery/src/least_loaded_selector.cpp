#include <rollcall/base/random.h>
#include <rollcall/discovery/least_loaded_selector.h>

#include <algorithm>
#include <stdexcept>

namespace rollcall::discovery {
namespace {

constexpr double kFirstShare = 0.1;  // of a newcomer
constexpr double kFullWeight = 100;
constexpr double kLeastWeight = 0.01;  // of one that should get nothing: only if the other is stuck

double seconds(Duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

LeastLoadedSelector::LeastLoadedSelector(LeastLoadedOptions options) : options_(options) {
    if (options.slow_start < Duration::zero())
        throw std::invalid_argument{"LeastLoadedOptions::slow_start must not be negative"};
}

double LeastLoadedSelector::cost(const Load& load, double latency, int weight) const {
    double share = std::max(kLeastWeight, weight / kFullWeight);
    if (load.known_for < options_.slow_start)
        share *= std::max(kFirstShare, seconds(load.known_for) / seconds(options_.slow_start));
    return (static_cast<double>(load.in_flight) + 1) * latency / share;
}

std::size_t LeastLoadedSelector::choose(const Candidates& candidates) {
    if (candidates.size() == 1) return 0;
    const std::size_t a = random_below(candidates.size());
    std::size_t b = random_below(candidates.size() - 1);
    if (b >= a) ++b;
    const Load first = candidates.load(a);
    const Load second = candidates.load(b);
    // Of whom nothing is known is taken to be as fast as the other.
    double first_latency = seconds(first.latency);
    double second_latency = seconds(second.latency);
    if (first_latency == 0) first_latency = second_latency;
    if (second_latency == 0) second_latency = first_latency;
    if (first_latency == 0) first_latency = second_latency = 1;
    const double first_cost = cost(first, first_latency, candidates[a].weight);
    const double second_cost = cost(second, second_latency, candidates[b].weight);
    return first_cost <= second_cost ? a : b;
}

}  // namespace rollcall::discovery
