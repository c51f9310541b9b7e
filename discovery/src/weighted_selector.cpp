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
constexpr std::size_t kMostPlacesTried = 32;

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

// Where few of the list are fit, or none of those has a place in its schedule.
std::size_t draw(const Candidates& candidates) {
    const auto weight = [&](std::size_t i) {
        return static_cast<std::uint64_t>(std::max(0, candidates[i].weight));
    };
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        sum += weight(i);
    if (sum == 0) return random_below(candidates.size());
    std::uint64_t left = random_below(sum);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (left < weight(i)) return i;
        left -= weight(i);
    }
    return candidates.size() - 1;
}

}  // namespace

std::shared_ptr<WeightedSelector::Schedule> WeightedSelector::make(const Candidates& list) const {
    auto schedule = std::make_shared<Schedule>();
    schedule->version = list.version();
    schedule->places = schedule_of(list.members());
    // It goes on where the one before stands.
    const auto last = schedules_.last();
    schedule->next = last ? last->next.load() : random_below(schedule->places.size());
    return schedule;
}

void WeightedSelector::prepare(const Candidates& list) {
    schedules_.add(make(list));
}

std::size_t WeightedSelector::choose(const Candidates& candidates) {
    auto schedule = candidates.version() == 0 ? nullptr : schedules_.find(candidates.version());
    if (!schedule) {
        schedule = make(candidates);
        schedules_.add(schedule);
    }
    const std::vector<std::uint32_t>& places = schedule->places;
    const std::size_t most = std::min(places.size(), kMostPlacesTried);
    for (std::size_t tried = 0; tried < most; ++tried) {
        const std::size_t at = schedule->next.fetch_add(1, std::memory_order_relaxed);
        if (const auto found = candidates.find(places[at % places.size()])) return *found;
    }
    return draw(candidates);
}

}  // namespace rollcall::discovery
