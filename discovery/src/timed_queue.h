#pragma once
// Things that are due at some time.

#include <rollcall/base/clock.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace rollcall::discovery {

// Pure. One thread at a time. What is due at the same time comes out in the order it came in.
template <class T>
class TimedQueue {
public:
    // Names a thing for as long as it is in the queue.
    using Key = std::pair<TimePoint, std::uint64_t>;

    Key add(TimePoint at, T thing) {
        const Key key{at, ++count_};
        things_.emplace(key, std::move(thing));
        return key;
    }

    [[nodiscard]] std::optional<T> take(const Key& key) {
        const auto found = things_.find(key);
        if (found == things_.end()) return std::nullopt;
        std::optional<T> thing{std::move(found->second)};
        things_.erase(found);
        return thing;
    }

    // All that is due at `now` or before.
    [[nodiscard]] std::vector<T> take_due(TimePoint now) {
        std::vector<T> due;
        while (!things_.empty() && things_.begin()->first.first <= now) {
            due.push_back(std::move(things_.begin()->second));
            things_.erase(things_.begin());
        }
        return due;
    }

    // All of which `holds` is true.
    template <class Condition>
    [[nodiscard]] std::vector<T> take_if(Condition&& holds) {
        std::vector<T> taken;
        for (auto each = things_.begin(); each != things_.end();) {
            if (!holds(each->second)) {
                ++each;
                continue;
            }
            taken.push_back(std::move(each->second));
            each = things_.erase(each);
        }
        return taken;
    }

    // When the first of them is due; TimePoint::max() of none.
    [[nodiscard]] TimePoint next() const {
        return things_.empty() ? TimePoint::max() : things_.begin()->first.first;
    }

private:
    std::map<Key, T> things_;
    std::uint64_t count_ = 0;
};

}  // namespace rollcall::discovery
