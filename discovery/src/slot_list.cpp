#include "slot_list.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string_view>
#include <unordered_set>

namespace rollcall::discovery {
namespace {

std::atomic<std::uint64_t> last_version{0};

// Still connected, and not because it said goodbye: a server that leaves in good order closes its
// connections, one that drains is on the list as such.
bool goes_on(
    const SlotList& old, std::size_t i, const std::unordered_set<std::string_view>& listed
) {
    return !listed.contains(old.instance(i).id) && old.slots[i]->is_connected();
}

// Not another process in its place; registries that do not tell processes apart say nothing.
bool is_same(const registry::Instance& before, const registry::Instance& now) {
    return before.endpoint() == now.endpoint() && before.incarnation == now.incarnation;
}

}  // namespace

std::shared_ptr<SlotList> SlotListMaker::next(
    const SlotList& old, std::shared_ptr<const registry::Snapshot> snapshot, TimePoint now
) const {
    auto fresh = std::make_shared<SlotList>();
    fresh->snapshot = std::move(snapshot);
    fresh->version = ++last_version;
    if (!fresh->snapshot) return fresh;
    fresh->owners.push_back(fresh->snapshot);
    add_listed(*fresh, old, now);
    const bool is_given = fresh->snapshot->origin == registry::Origin::given;
    if (fresh->slots.empty() && !is_given) add_remainder(*fresh, old);
    prefer(*fresh);
    return fresh;
}

void SlotListMaker::add_listed(SlotList& fresh, const SlotList& old, TimePoint now) const {
    std::map<std::string_view, std::size_t> known;
    for (std::size_t i = 0; i < old.slots.size(); ++i)
        known[old.instance(i).id] = i;
    std::vector<const registry::Instance*> instances;
    for (const registry::Instance& instance : fresh.snapshot->instances) {
        if (takes_calls(instance) && filter_.accepts(instance)) instances.push_back(&instance);
    }
    std::sort(instances.begin(), instances.end(), [](const auto* a, const auto* b) {
        return a->id < b->id;
    });
    for (const registry::Instance* const instance : instances) {
        const auto before = known.find(instance->id);
        const bool stays =
            before != known.end() && is_same(old.instance(before->second), *instance);
        SlotPtr slot = stays ? old.slots[before->second] : make_(instance->endpoint());
        if (stays && old.instance(before->second).stale && !instance->stale) slot->on_alive(now);
        fresh.members.push_back({instance, &slot->meter()});
        fresh.slots.push_back(std::move(slot));
    }
}

// Fault F10: the servers cannot reach the registry, or the registry has lost them, but they can be
// reached from here. A list given by hand is meant as it is.
void SlotListMaker::add_remainder(SlotList& fresh, const SlotList& old) {
    std::unordered_set<std::string_view> listed;
    for (const registry::Instance& instance : fresh.snapshot->instances)
        listed.insert(instance.id);
    for (std::size_t i = 0; i < old.slots.size(); ++i) {
        if (!goes_on(old, i, listed)) continue;
        fresh.is_remainder = true;
        fresh.slots.push_back(old.slots[i]);
        fresh.members.push_back(old.members[i]);
    }
    if (!fresh.is_remainder) return;
    // Not its snapshot alone: that may be an empty one, too.
    fresh.owners.insert(fresh.owners.end(), old.owners.begin(), old.owners.end());
    if (old.is_remainder) fresh.owners.erase(fresh.owners.begin() + 1);
}

Standing SlotListMaker::standing(const SlotList& list, std::size_t i) const {
    Standing standing;
    standing.avoided = list.slots[i]->is_avoided();
    standing.stale = list.instance(i).stale;
    standing.far = !zone_.empty() && list.instance(i).zone != zone_;
    return standing;
}

void SlotListMaker::prefer(SlotList& fresh) const {
    std::vector<Standing> standings;
    for (std::size_t i = 0; i < fresh.slots.size(); ++i) {
        standings.push_back(standing(fresh, i));
        standings.back().avoided = false;
    }
    fresh.preferred = fittest(standings);
    if (fresh.preferred.size() == fresh.slots.size()) fresh.preferred.clear();
}

}  // namespace rollcall::discovery
