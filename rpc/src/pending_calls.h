#pragma once
// The calls of one connection that await their replies.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/call.h>

#include <cstdint>
#include <vector>

namespace rollcall::rpc {

// A table indexed by the low bits of the id. Ids go up by one and skip those whose place is still
// taken, so every id in flight has a place of its own: finding one is a single comparison, wrapping
// at 2^32 needs no care, and a late reply never meets a newer call. Pure; one thread at a time.
class PendingCalls {
public:
    explicit PendingCalls(std::uint32_t first_id) : slots_(kFirstSlots), next_id_(first_id) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // Takes the next free id without keeping a call for it.
    [[nodiscard]] std::uint32_t next_id();

    // Keeps a call and gives it an id.
    std::uint32_t add(CallPtr call);

    // The call with this id, which is then forgotten; null if there is none.
    [[nodiscard]] CallPtr take(std::uint32_t id);

    // Forgets this very call; false if it is not here.
    [[nodiscard]] bool remove(const Call& call);

    // Takes every call for which `matches(call)`.
    template <class Predicate>
    [[nodiscard]] std::vector<CallPtr> take_if(Predicate&& matches) {
        std::vector<CallPtr> taken;
        for (CallPtr& slot : slots_) {
            if (!slot || !matches(*slot)) continue;
            taken.push_back(std::move(slot));
            slot = CallPtr{};
            --size_;
        }
        return taken;
    }

    // The earliest deadline of all calls.
    [[nodiscard]] Deadline earliest() const;

private:
    static constexpr std::size_t kFirstSlots = 16;

    [[nodiscard]] CallPtr& slot_of(std::uint32_t id) { return slots_[id & (slots_.size() - 1)]; }

    void grow();

    std::vector<CallPtr> slots_;  // a power of two of them, at most half of them taken
    std::size_t size_ = 0;
    std::uint32_t next_id_;
};

}  // namespace rollcall::rpc
