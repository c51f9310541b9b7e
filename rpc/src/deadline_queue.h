#pragma once
// Which of many things has something to do next.

#include <rollcall/base/deadline.h>

#include <set>
#include <utility>
#include <vector>

namespace rollcall::rpc {

// At most one time for each key, which its owner keeps as well: TimePoint::max() if there is none.
// Pure; one thread at a time.
template <class Key>
class DeadlineQueue {
public:
    // The key's time is `at` from now on; `mine` is what it was.
    void move(const Key& key, TimePoint& mine, TimePoint at) {
        if (mine == at) return;
        if (mine != TimePoint::max()) times_.erase({mine, key});
        mine = at;
        if (at != TimePoint::max()) times_.emplace(at, key);
    }

    // TimePoint::max() if there is none.
    [[nodiscard]] TimePoint next() const {
        return times_.empty() ? TimePoint::max() : times_.begin()->first;
    }

    // Those whose time has come. They stay, until their owners move them.
    [[nodiscard]] std::vector<Key> due(TimePoint now) const {
        std::vector<Key> due;
        for (const auto& [at, key] : times_) {
            if (at > now) break;
            due.push_back(key);
        }
        return due;
    }

private:
    std::set<std::pair<TimePoint, Key>> times_;
};

}  // namespace rollcall::rpc
