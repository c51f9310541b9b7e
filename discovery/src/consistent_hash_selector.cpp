#include <rollcall/base/hash.h>
#include <rollcall/base/random.h>
#include <rollcall/discovery/consistent_hash_selector.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace rollcall::discovery {
namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;  // of SplitMix64
constexpr double kFullWeight = 100;
constexpr double kLargestShare = 16;  // so that weights do not decide about the memory of a ring

std::uint32_t place_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
}

// What an instance may have under way, counting the call that is to be placed.
std::size_t capacity_of(const Candidates& candidates, double bound) {
    std::size_t total = 1;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        total += candidates.in_flight(i);
    const double average = static_cast<double>(total) / static_cast<double>(candidates.size());
    return static_cast<std::size_t>(std::ceil(bound * average));
}

}  // namespace

ConsistentHashSelector::ConsistentHashSelector(ConsistentHashOptions options) : options_(options) {
    if (options.points < 1)
        throw std::invalid_argument{"ConsistentHashOptions::points must be positive"};
    if (options.load_bound != 0 && !(options.load_bound >= 1))
        throw std::invalid_argument{"ConsistentHashOptions::load_bound must be 0 or at least 1"};
}

std::shared_ptr<const ConsistentHashSelector::Ring> ConsistentHashSelector::make(
    const Candidates& list
) const {
    auto ring = std::make_shared<Ring>();
    ring->version = list.version();
    const auto members = list.members();
    for (std::size_t i = 0; i < members.size(); ++i) {
        const double share =
            std::clamp(members[i].instance->weight / kFullWeight, 0.0, kLargestShare);
        const auto points = static_cast<std::uint64_t>(std::lround(options_.points * share));
        const std::uint64_t seed = stable_hash(members[i].instance->id);
        for (std::uint64_t k = 1; k <= points; ++k)
            ring->points.push_back(
                {place_of(mix_bits(seed + k * kStep)), static_cast<std::uint32_t>(i)}
            );
    }
    sort(*ring);
    return ring;
}

// Points are as good as evenly spread, so they are dealt out to their parts, and what is left to do
// there is next to nothing: a long ring is made in a third of the time that sorting it takes.
void ConsistentHashSelector::sort(Ring& ring) {
    const int bits = std::clamp(static_cast<int>(std::bit_width(ring.points.size())) - 1, 1, 31);
    ring.shift = static_cast<unsigned>(32 - bits);
    ring.parts.assign((std::size_t{1} << static_cast<unsigned>(bits)) + 1, 0);
    for (const Point& point : ring.points)
        ++ring.parts[(point.at >> ring.shift) + 1];
    std::partial_sum(ring.parts.begin(), ring.parts.end(), ring.parts.begin());
    std::vector<std::uint32_t> next = ring.parts;
    std::vector<Point> dealt(ring.points.size());
    for (const Point& point : ring.points)
        dealt[next[point.at >> ring.shift]++] = point;
    for (std::size_t part = 0; part + 1 < ring.parts.size(); ++part)
        std::sort(dealt.begin() + ring.parts[part], dealt.begin() + ring.parts[part + 1]);
    ring.points = std::move(dealt);
}

std::size_t ConsistentHashSelector::Ring::find(std::uint32_t key) const {
    std::size_t at = parts[key >> shift];
    while (at < points.size() && points[at].at < key)
        ++at;
    return at;
}

void ConsistentHashSelector::prepare(const Candidates& list) {
    rings_.add(make(list));
}

std::shared_ptr<const ConsistentHashSelector::Ring> ConsistentHashSelector::ring_of(
    const Candidates& candidates
) {
    if (candidates.version() == 0) return make(candidates);
    if (auto ring = rings_.find(candidates.version())) return ring;
    auto ring = make(candidates);
    rings_.add(ring);
    return ring;
}

std::size_t ConsistentHashSelector::choose(const Candidates& candidates) {
    const auto key = candidates.key();
    if (!key) return random_below(candidates.size());
    const auto ring = ring_of(candidates);
    const std::vector<Point>& points = ring->points;
    const bool is_bounded = options_.load_bound != 0;
    const std::size_t capacity = is_bounded ? capacity_of(candidates, options_.load_bound) : 0;
    std::size_t at = ring->find(place_of(*key));
    for (std::size_t tried = 0; tried < points.size(); ++tried, ++at) {
        if (at == points.size()) at = 0;
        const auto found = candidates.find(points[at].member);
        if (!found) continue;
        if (!is_bounded || candidates.in_flight(*found) < capacity) return *found;
    }
    // None of them has a weight; one key still goes to one of them.
    return *key % candidates.size();
}

}  // namespace rollcall::discovery
