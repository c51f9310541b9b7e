#pragma once
// Who waits for what to change: the decisions of the watch, without requests and answers.

#include <rollcall/base/clock.h>
#include <rollcall/registry/lease_store.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rollcall::registry {

// How often the watchers of one key are woken: at once, but not within `gap` of the last time, and
// `burst` times in a row before it becomes once per `refill`.
struct WakePace {
    Duration gap = std::chrono::milliseconds{50};
    Duration refill = std::chrono::seconds{1};
    int burst = 20;
};

// A waiter has keys, names of things that change, and a moment at which its wait ends. A change of
// a key wakes its waiters, soon (WakePace), and never anybody else. Pure: every decision takes
// `now`. Thread safety: one thread at a time.
class WatchTable {
public:
    using Id = std::uint64_t;

    explicit WatchTable(WakePace pace = {}) : pace_(pace) {}

    // Waits until a key changes, `until` at the latest. Equal keys count once.
    Id park(std::vector<std::string> keys, TimePoint until);

    // It waits no longer: answered, or gone. Unknown ids are ignored.
    void drop(Id id);

    // Something under the key has changed.
    void touch(std::string_view key, TimePoint now);

    // Whether its watchers are to be woken later for what has changed already: who asks again
    // meanwhile waits with them.
    [[nodiscard]] bool is_due_later(std::string_view key) const;

    // The waiters whose keys have changed and are due. They stay parked until drop(): what has
    // changed may not be what they ask for.
    [[nodiscard]] std::vector<Id> take_woken(TimePoint now);

    // The waiters whose wait has ended; they stay parked until drop(), too.
    [[nodiscard]] std::vector<Id> ended(TimePoint now) const;

    // When there will be something to take; TimePoint::max() if nobody waits.
    [[nodiscard]] TimePoint next() const;

    [[nodiscard]] std::size_t size() const noexcept { return waiters_.size(); }

private:
    struct Waiter {
        std::vector<std::string> keys;
        TimePoint until;
    };

    // A token bucket of wake-ups.
    struct Key {
        std::unordered_set<Id> waiters;
        bool is_due = false;  // in due_, at `due`
        TimePoint due{};
        TimePoint last{};  // woken; none yet if it is TimePoint{}
        double tokens = 0;
    };

    [[nodiscard]] TimePoint due_time(Key& key, TimePoint now) const;
    [[nodiscard]] bool is_rested(const Key& key, TimePoint now) const;
    void forget_rested(TimePoint now);

    const WakePace pace_;
    Id last_id_ = 0;
    std::unordered_map<Id, Waiter> waiters_;
    std::unordered_map<std::string, Key, StringHash, std::equal_to<>> keys_;
    std::set<std::pair<TimePoint, Id>> ends_;
    std::set<std::pair<TimePoint, std::string>> due_;
    std::size_t forget_at_ = 64;
};

}  // namespace rollcall::registry
