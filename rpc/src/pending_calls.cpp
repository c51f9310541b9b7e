#include "pending_calls.h"

namespace rollcall::rpc {

std::uint64_t PendingCalls::free_id() {
    while (slot_of(next_id_))
        ++next_id_;
    return next_id_++;
}

std::uint32_t PendingCalls::next_id() {
    return static_cast<std::uint32_t>(free_id());
}

std::uint32_t PendingCalls::add(CallPtr call) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    const std::uint64_t id = free_id();
    call->id = id;
    if (call->kind == Call::Kind::stream) ++streams_;
    slot_of(id) = std::move(call);
    ++size_;
    return static_cast<std::uint32_t>(id);
}

CallPtr PendingCalls::take(std::uint32_t id) {
    CallPtr& slot = slot_of(id);
    if (!slot || slot->wire_id() != id) return {};
    count_out(*slot);
    return std::exchange(slot, CallPtr{});
}

std::uint64_t PendingCalls::latest_with(std::uint32_t id) const {
    const std::uint64_t newest = next_id_ - 1;
    return newest - static_cast<std::uint32_t>(static_cast<std::uint32_t>(newest) - id);
}

bool PendingCalls::remove(const Call& call) {
    // A call that has not been given an id yet has 0, which may be another's.
    CallPtr& slot = slot_of(call.id);
    if (!slot || &*slot != &call) return false;
    count_out(call);
    slot = CallPtr{};
    return true;
}

Deadline PendingCalls::earliest() const {
    Deadline earliest;
    for (const CallPtr& slot : slots_) {
        if (slot) earliest = earliest.earlier(slot->deadline);
    }
    return earliest;
}

void PendingCalls::grow() {
    // Ids that differ in their low n bits also differ in their low n + 1 bits: no collisions.
    std::vector<CallPtr> smaller(2 * slots_.size());
    smaller.swap(slots_);
    for (CallPtr& call : smaller) {
        if (!call) continue;
        // On a line of its own: the right side of an assignment is evaluated first.
        const std::uint64_t id = call->id;
        slot_of(id) = std::move(call);
    }
}

}  // namespace rollcall::rpc
