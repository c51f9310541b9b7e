#include <rollcall/base/random.h>
#include <rollcall/discovery/selector.h>

#include <algorithm>

namespace rollcall::discovery {

std::size_t RandomSelector::choose(Candidates candidates) {
    return random_below(candidates.size());
}

std::size_t RoundRobinSelector::choose(Candidates candidates) {
    const std::lock_guard lock{mutex_};
    std::size_t index = 0;
    if (started_) {
        const auto after = std::upper_bound(
            candidates.begin(),
            candidates.end(),
            last_id_,
            [](const std::string& id, const registry::Instance* each) { return id < each->id; }
        );
        if (after != candidates.end()) index = static_cast<std::size_t>(after - candidates.begin());
    } else {
        // Many clients that start together must not all begin with the same server.
        index = random_below(candidates.size());
        started_ = true;
    }
    last_id_ = candidates[index]->id;
    return index;
}

std::shared_ptr<Selector> make_selector(SelectMode mode) {
    if (mode == SelectMode::random) return std::make_shared<RandomSelector>();
    return std::make_shared<RoundRobinSelector>();
}

}  // namespace rollcall::discovery
