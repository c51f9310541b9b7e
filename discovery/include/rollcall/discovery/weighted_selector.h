#pragma once
// Instances in proportion to their weights.

#include <rollcall/discovery/recent_tables.h>
#include <rollcall/discovery/selector.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace rollcall::discovery {

// Follows a schedule in which each instance stands as often as its weight demands, as evenly spread
// as can be (earliest deadline first), from a random start. It is made once per list and has at
// most 64 places per instance, so an instance of less than a 64th of the average weight gets more
// than its share. Instances of weight 0 are chosen only if there are no others.
class WeightedSelector final : public Selector {
public:
    [[nodiscard]] std::size_t choose(const Candidates& candidates) override;
    void prepare(const Candidates& list) override;

private:
    struct Schedule {
        std::uint64_t version = 0;
        std::vector<std::uint32_t> places;  // indexes of members; never empty
        std::atomic<std::size_t> next{0};   // counts on and on
    };

    [[nodiscard]] std::shared_ptr<Schedule> make(const Candidates& list) const;

    RecentTables<Schedule> schedules_;
};

}  // namespace rollcall::discovery
