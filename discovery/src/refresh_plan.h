#pragma once
// When to ask a registry again, and whether to believe that nobody is left.

#include <rollcall/base/backoff.h>
#include <rollcall/base/clock.h>
#include <rollcall/registry/snapshot.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace rollcall::discovery {

// No time of options and of leases counts as longer: what is meant as "never" must not overflow.
inline constexpr std::chrono::hours kLongestTime{24 * 365};

struct RefreshTimes {
    Duration refresh;     // after an answer
    Duration hurry_gap;   // after an answer or a failure, if somebody waits
    Duration empty_hold;  // of a full list against an empty one
    Duration full_read = std::chrono::minutes{5};
};

// Pure: the caller waits and asks. One thread at a time.
class RefreshPlan {
public:
    // The first request is due at once.
    RefreshPlan(RefreshTimes times, TimePoint now);

    [[nodiscard]] TimePoint due() const { return due_; }

    // Somebody waits for a better list. A request under way does not count for him. True if the
    // next one is due earlier for that.
    bool hurry(TimePoint now);
    // Somebody asks for a request right now; again, one under way does not count.
    void demand(TimePoint now);

    // Around each request; `unit` in [0, 1) is the randomness.
    void on_begin();
    void on_answer(TimePoint now, double unit);
    // The registry, which is watched, has said that nothing has changed. Every `full_read` the list
    // is read all the same: no protocol is trusted for ever.
    void on_confirmed(TimePoint now, double unit);
    void on_failure(TimePoint now, double unit);

    // Whether `fresh` replaces `current` (null before the first list). An empty list from a
    // registry that has started anew, or that does not tell its epoch, does so only when it has
    // been empty for the time a list is held.
    [[nodiscard]] bool believes(
        const registry::Snapshot* current, const registry::Snapshot& fresh, TimePoint now
    );

private:
    // Asked for since the request under way began.
    enum class Wanted { on_time, soon, at_once };

    void end(TimePoint now, TimePoint due);

    const RefreshTimes times_;
    Backoff backoff_;
    TimePoint due_;
    TimePoint last_end_;
    TimePoint last_answer_;
    Wanted wanted_ = Wanted::on_time;
    std::optional<TimePoint> empty_since_;
};

// "<epoch>" of an index "<epoch>.<n>"; empty if it has none.
[[nodiscard]] std::string_view epoch_of(std::string_view index);

}  // namespace rollcall::discovery
