#pragma once
// The instances of one list that a client may call.

#include <rollcall/discovery/candidates.h>
#include <rollcall/registry/snapshot.h>

#include "instance_slot.h"
#include "standing.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace rollcall::discovery {

using SlotPtr = std::shared_ptr<InstanceSlot>;

// Sorted by id. Immutable once it is used.
struct SlotList : std::enable_shared_from_this<SlotList> {
    std::shared_ptr<const registry::Snapshot> snapshot;  // null before the first
    std::vector<SlotPtr> slots;
    std::vector<Candidate> members;  // one for each slot
    // Indexes of those that come first while nothing has gone wrong; empty: all.
    std::vector<std::uint32_t> preferred;
    // Of this list alone in all of the process, so that clients may share a selector; 0: empty.
    std::uint64_t version = 0;
    // The list names nobody any more, and these are what is left of the one before: connected.
    bool is_remainder = false;
    // What the members point into.
    std::vector<std::shared_ptr<const registry::Snapshot>> owners;

    [[nodiscard]] const registry::Instance& instance(std::size_t i) const {
        return *members[i].instance;
    }

    [[nodiscard]] Candidates candidates(TimePoint now) const {
        return Candidates{members, version, now};
    }
};

// Makes the list that follows another. An instance keeps its slot, and so its connections and its
// record, as long as its id, its address and its process stay: a process that has started anew is
// not to suffer for what the one before it did, and is spared like any newcomer. One that was stale
// and has been heard from is not avoided any longer.
class SlotListMaker {
public:
    using MakeSlot = std::function<SlotPtr(const Endpoint&)>;

    SlotListMaker(InstanceFilter filter, std::string zone, MakeSlot make)
        : filter_(std::move(filter)), zone_(std::move(zone)), make_(std::move(make)) {}

    [[nodiscard]] std::shared_ptr<SlotList> next(
        const SlotList& old, std::shared_ptr<const registry::Snapshot> snapshot, TimePoint now
    ) const;

    // What speaks against each member, but for what this very call has tried.
    [[nodiscard]] Standing standing(const SlotList& list, std::size_t i) const;

private:
    void add_listed(SlotList& fresh, const SlotList& old, TimePoint now) const;
    static void add_remainder(SlotList& fresh, const SlotList& old);
    void prefer(SlotList& fresh) const;

    const InstanceFilter filter_;
    const std::string zone_;
    const MakeSlot make_;
};

}  // namespace rollcall::discovery
