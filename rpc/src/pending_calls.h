#pragma once
// The calls of one connection that await their replies.

#include <rollcall/base/clock.h>
#include <rollcall/rpc/call.h>

#include <cstdint>
#include <vector>

namespace rollcall::rpc {

// A table indexed by the low bits of the id. Ids go up by one and skip those whose place is still
// taken, so every id in flight has a place of its own: finding one is a single comparison, and a
// late reply never meets a newer call. The wire has the low 32 bits; here ids do not wrap, so that
// their order is that of the calls however long the oldest is in flight. Pure; one thread at a
// time.
class PendingCalls {
public:
    explicit PendingCalls(std::uint32_t first_id) : slots_(kFirstSlots), next_id_(first_id) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    // Of them, those that open streams.
    [[nodiscard]] std::size_t streams() const noexcept { return streams_; }

    // Takes the next free id without keeping a call for it.
    [[nodiscard]] std::uint32_t next_id();

    // Keeps a call and gives it an id. Returns what of it goes on the wire.
    std::uint32_t add(CallPtr call);

    // The call with this id on the wire, which is then forgotten; null if there is none.
    [[nodiscard]] CallPtr take(std::uint32_t id);

    // The id, unwrapped, that was given last of those that have this low half.
    [[nodiscard]] std::uint64_t latest_with(std::uint32_t id) const;

    // Forgets this very call; false if it is not here.
    [[nodiscard]] bool remove(const Call& call);

    // Takes every call for which `matches(call)`.
    template <class Predicate>
    [[nodiscard]] std::vector<CallPtr> take_if(Predicate&& matches) {
        std::vector<CallPtr> taken;
        for (CallPtr& slot : slots_) {
            if (!slot || !matches(*slot)) continue;
            count_out(*slot);
            taken.push_back(std::move(slot));
            slot = CallPtr{};
        }
        return taken;
    }

    // The earliest deadline of all calls.
    [[nodiscard]] Deadline earliest() const;

private:
    static constexpr std::size_t kFirstSlots = 16;

    [[nodiscard]] CallPtr& slot_of(std::uint64_t id) { return slots_[id & (slots_.size() - 1)]; }

    void count_out(const Call& call) noexcept {
        --size_;
        if (call.kind == Call::Kind::stream) --streams_;
    }

    [[nodiscard]] std::uint64_t free_id();
    void grow();

    std::vector<CallPtr> slots_;  // a power of two of them, at most half of them taken
    std::size_t size_ = 0;
    std::size_t streams_ = 0;
    std::uint64_t next_id_;
};

}  // namespace rollcall::rpc
