#pragma once
// The less busy of two.

#include <rollcall/discovery/selector.h>

namespace rollcall::discovery {

struct LeastLoadedOptions {
    // For how long a newcomer is spared: its share grows evenly from a tenth to a whole one.
    // Zero: it takes part at once.
    Duration slow_start = std::chrono::seconds{10};
};

// Draws two candidates and takes the one where the next call has less to wait for: the calls of
// this client under way there, and one more, times how long calls take there, divided by its weight
// (Mitzenmacher, "The power of two choices", 2001). Two draws keep clients that know the same from
// running to the same instance.
class LeastLoadedSelector final : public Selector {
public:
    // Throws std::invalid_argument if an option makes no sense.
    explicit LeastLoadedSelector(LeastLoadedOptions options = {});

    [[nodiscard]] std::size_t choose(const Candidates& candidates) override;

private:
    [[nodiscard]] double cost(const Load& load, double latency, int weight) const;

    const LeastLoadedOptions options_;
};

}  // namespace rollcall::discovery
