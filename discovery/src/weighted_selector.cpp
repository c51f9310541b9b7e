#include <rollcall/base/random.h>
#include <rollcall/discovery/weighted_selector.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

namespace rollcall::discovery {
namespace {

constexpr double kGoldenRatio = 0.61803398874989485;
constexpr std::size_t kPlacesEach = 64;  // at most, on the average

// How often each member is to stand in the schedule.
std::vector<std::size_t> turns_of(std::span<const Candidate> members) {
    std::uint64_t sum = 0;
    std::uint64_t unit = 0;
    for (const Candidate& each : members) {
        const auto weight = static_cast<std::uint64_t>(std::max(0, each.instance->weight));
        sum += weight;
        unit = std::gcd(unit, weight);
    }
    const std::uint64_t most = kPlacesEach * members.size();
    std::vector<std::size_t> turns;
    for (const Candidate& each : members) {
        const auto weight = static_cast<std::uint64_t>(std::max(0, each.instance->weight));
        if (sum == 0) {
            turns.push_back(1);
        } else if (sum / unit <= most) {
            turns.push_back(weight / unit);
        } else {
            // Rounded, but nobody who has a weight goes without a turn.
            const std::uint64_t places = (weight * most + sum / 2) / sum;
            turns.push_back(weight == 0 ? 0 : std::max<std::uint64_t>(1, places));
        }
    }
    return turns;
}

// Each member's k-th turn of n is due at (k + phase) / n of the way round. The phases differ by the
// golden ratio, so that those who have few turns do not have them at the same moment.
std::vector<std::uint32_t> schedule_of(std::span<const Candidate> members) {
    struct Turn {
        double due;
        std::uint32_t member;

        bool operator>(const Turn& other) const {
            return due != other.due ? due > other.due : member > other.member;
        }
    };

    const std::vector<std::size_t> turns = turns_of(members);
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> due;
    double phase = 0.5;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        if (turns[i] > 0)
            due.push({phase / static_cast<double>(turns[i]), static_cast<std::uint32_t>(i)});
        phase = std::fmod(phase + kGoldenRatio, 1.0);
    }
    const std::size_t size = std::accumulate(turns.begin(), turns.end(), std::size_t{0});
    std::vector<std::uint32_t> schedule;
    schedule.reserve(size);
    while (schedule.size() < size) {
        Turn turn = due.top();
        due.pop();
        schedule.push_back(turn.member);
        turn.due += 1 / static_cast<double>(turns[turn.member]);
        due.push(turn);
    }
    return schedule;
}

}  // namespace

void WeightedSelector::prepare(const Candidates& list) {
    std::vector<std::uint32_t> schedule = schedule_of(list.members());
    const std::lock_guard lock{mutex_};
    if (schedule_.empty()) at_ = random_below(schedule.size());
    schedule_ = std::move(schedule);
    at_ %= schedule_.size();
    version_ = list.version();
}

std::size_t WeightedSelector::choose(const Candidates& candidates) {
    std::unique_lock lock{mutex_};
    if (version_ != candidates.version() || version_ == 0) {
        lock.unlock();
        prepare(candidates);
        lock.lock();
    }
    for (std::size_t tried = 0; tried < schedule_.size(); ++tried) {
        const std::uint32_t member = schedule_[at_];
        at_ = at_ + 1 == schedule_.size() ? 0 : at_ + 1;
        // The table may be that of another list by now; any of the candidates will do then.
        if (const auto found = candidates.find(member)) return *found;
    }
    return random_below(candidates.size());  // none of them has a weight
}

}  // namespace rollcall::discovery
