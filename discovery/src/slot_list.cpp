#include "slot_list.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace rollcall::discovery {
namespace {

// Still connected, and not because it said goodbye: a server that leaves in good order closes its
// connections, one that drains is on the list as such.
bool goes_on(const SlotList& old, std::size_t i, const registry::Snapshot& now) {
    const auto is_it = [&](const registry::Instance& each) {
        return each.id == old.instance(i).id;
    };
    const bool is_listed = std::any_of(now.instances.begin(), now.instances.end(), is_it);
    return !is_listed && old.slots[i]->is_connected();
}

}  // namespace

std::shared_ptr<SlotList> SlotListMaker::next(
    const SlotList& old, std::shared_ptr<const registry::Snapshot> snapshot
) const {
    auto fresh = std::make_shared<SlotList>();
    fresh->snapshot = std::move(snapshot);
    fresh->version = old.version + 1;
    if (!fresh->snapshot) return fresh;
    fresh->owners.push_back(fresh->snapshot);
    add_listed(*fresh, old);
    const bool is_given = fresh->snapshot->origin == registry::Origin::given;
    if (fresh->slots.empty() && !is_given) add_remainder(*fresh, old);
    prefer(*fresh);
    return fresh;
}

void SlotListMaker::add_listed(SlotList& fresh, const SlotList& old) const {
    std::map<std::pair<std::string_view, Endpoint>, SlotPtr> known;
    for (std::size_t i = 0; i < old.slots.size(); ++i)
        known[{old.instance(i).id, old.slots[i]->endpoint()}] = old.slots[i];
    std::vector<const registry::Instance*> instances;
    for (const registry::Instance& instance : fresh.snapshot->instances) {
        if (takes_calls(instance) && filter_.accepts(instance)) instances.push_back(&instance);
    }
    std::sort(instances.begin(), instances.end(), [](const auto* a, const auto* b) {
        return a->id < b->id;
    });
    for (const registry::Instance* const instance : instances) {
        SlotPtr& slot = known[{instance->id, instance->endpoint()}];
        if (!slot) slot = make_(instance->endpoint());
        fresh.slots.push_back(slot);
        fresh.members.push_back({instance, &slot->meter()});
    }
}

// Fault F10: the servers cannot reach the registry, or the registry has lost them, but they can be
// reached from here. A list given by hand is meant as it is.
void SlotListMaker::add_remainder(SlotList& fresh, const SlotList& old) {
    for (std::size_t i = 0; i < old.slots.size(); ++i) {
        if (!goes_on(old, i, *fresh.snapshot)) continue;
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
