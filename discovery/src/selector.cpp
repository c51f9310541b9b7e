#include <rollcall/base/random.h>
#include <rollcall/discovery/consistent_hash_selector.h>
#include <rollcall/discovery/least_loaded_selector.h>
#include <rollcall/discovery/selector.h>
#include <rollcall/discovery/weighted_selector.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rollcall::discovery {
namespace {

constexpr std::array<std::pair<SelectMode, std::string_view>, 5> kNames{{
    {SelectMode::random, "random"},
    {SelectMode::round_robin, "round_robin"},
    {SelectMode::weighted, "weighted"},
    {SelectMode::consistent_hash, "consistent_hash"},
    {SelectMode::least_loaded, "least_loaded"},
}};

// The first candidate whose id comes after this one; their number if there is none.
std::size_t first_after(const Candidates& candidates, const std::string& id) {
    std::size_t low = 0;
    std::size_t high = candidates.size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (id < candidates[middle].id) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

}  // namespace

std::string_view name_of(SelectMode mode) noexcept {
    for (const auto& [each, name] : kNames) {
        if (each == mode) return name;
    }
    return "";
}

std::optional<SelectMode> select_mode_from(std::string_view name) noexcept {
    for (const auto& [mode, each] : kNames) {
        if (each == name) return mode;
    }
    return std::nullopt;
}

std::size_t RandomSelector::choose(const Candidates& candidates) {
    return random_below(candidates.size());
}

std::size_t RoundRobinSelector::choose(const Candidates& candidates) {
    const std::lock_guard lock{mutex_};
    std::size_t index = 0;
    if (!started_) {
        // Many clients that start together must not all begin with the same server.
        index = random_below(candidates.size());
        started_ = true;
    } else if (last_ < candidates.size() && candidates[last_].id == last_id_) {
        index = last_ + 1;
    } else {
        index = first_after(candidates, last_id_);
    }
    last_ = index < candidates.size() ? index : 0;
    last_id_ = candidates[last_].id;
    return last_;
}

std::shared_ptr<Selector> make_selector(SelectMode mode) {
    switch (mode) {
        case SelectMode::random:
            return std::make_shared<RandomSelector>();
        case SelectMode::round_robin:
            return std::make_shared<RoundRobinSelector>();
        case SelectMode::weighted:
            return std::make_shared<WeightedSelector>();
        case SelectMode::consistent_hash:
            return std::make_shared<ConsistentHashSelector>();
        case SelectMode::least_loaded:
            return std::make_shared<LeastLoadedSelector>();
    }
    return std::make_shared<RoundRobinSelector>();
}

}  // namespace rollcall::discovery
