#pragma once
// One key, one instance.

#include <rollcall/discovery/recent_tables.h>
#include <rollcall/discovery/selector.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace rollcall::discovery {

struct ConsistentHashOptions {
    // Points of an instance of weight 100 on the ring; at least 1. Weights above 1600 have the
    // points of 1600.
    unsigned points = 256;
    // No instance gets more than this multiple of the average number of calls under way, whatever
    // their keys; the rest goes to the next one on the ring ("consistent hashing with bounded
    // loads", Mirrokni et al. 2016). At least 1; 0: no bound.
    double load_bound = 0;
};

// Instances and keys are points on a ring; a call goes to the first instance at or after its key
// that is fit for it. One that comes or goes moves only its own share of the keys. The ring is made
// of the instances' ids alone, so all clients of all processes agree. Calls without a key (see
// Invocation::keyed()) go anywhere.
class ConsistentHashSelector final : public Selector {
public:
    // Throws std::invalid_argument if an option makes no sense.
    explicit ConsistentHashSelector(ConsistentHashOptions options = {});

    [[nodiscard]] std::size_t choose(const Candidates& candidates) override;
    void prepare(const Candidates& list) override;

private:
    // Small, so that a long ring stays in the cache; the ring is 2^32 round.
    struct Point {
        std::uint32_t at;
        std::uint32_t member;

        friend bool operator<(const Point& a, const Point& b) {
            return a.at != b.at ? a.at < b.at : a.member < b.member;
        }
    };

    struct Ring {
        // The first point at or after a key; points.size() if the ring's beginning is.
        [[nodiscard]] std::size_t find(std::uint32_t key) const;

        std::uint64_t version = 0;
        std::vector<Point> points;  // sorted
        // The ring in equal parts of a point or two: where the points of each begin, and where the
        // last ends. A search by halves would miss the cache at nearly every step.
        std::vector<std::uint32_t> parts;
        unsigned shift = 31;  // of a key, to its part
    };

    [[nodiscard]] std::shared_ptr<const Ring> ring_of(const Candidates& candidates);
    static void sort(Ring& ring);
    [[nodiscard]] std::shared_ptr<const Ring> make(const Candidates& list) const;

    const ConsistentHashOptions options_;
    RecentTables<const Ring> rings_;
};

}  // namespace rollcall::discovery
