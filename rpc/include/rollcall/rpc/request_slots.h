#pragma once
// The places that requests take while they wait and run. Users need server.h only.

#include <rollcall/base/clock.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace rollcall::rpc {

// One counted in a counter of those under way, until it leaves or is destroyed.
class Slot {
public:
    Slot() = default;

    // Counts itself in, unless so many are there already: then it is empty.
    Slot(std::atomic<std::size_t>& counter, std::size_t limit) noexcept : counter_(&counter) {
        // Counted first: of two that come at once at most one takes the last place.
        if (counter.fetch_add(1) >= limit) leave();
    }

    Slot(Slot&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}

    Slot& operator=(Slot&& other) noexcept {
        std::swap(counter_, other.counter_);
        return *this;
    }

    ~Slot() { leave(); }

    [[nodiscard]] explicit operator bool() const noexcept { return counter_ != nullptr; }

    void leave() noexcept {
        if (auto* const counter = std::exchange(counter_, nullptr)) counter->fetch_sub(1);
    }

private:
    std::atomic<std::size_t>* counter_ = nullptr;
};

// Where a request is counted besides its bytes, and how long it may wait for its turn.
struct RequestSlots {
    Slot queued;                                       // of the pool, until the handler begins
    Slot in_flight;                                    // of its method, until it has ended
    Duration max_wait = Duration::zero();              // zero: as long as its deadline allows
    std::atomic<std::uint64_t>* overloaded = nullptr;  // counts it if it waits for longer
};

}  // namespace rollcall::rpc
