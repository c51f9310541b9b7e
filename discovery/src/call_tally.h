#pragma once
// What has become of a service client's calls.

#include <rollcall/discovery/service_client.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace rollcall::discovery {

// Thread safety: any thread, without locks.
class CallTally {
public:
    // `direct`: a call and its first attempt.
    enum Entry { direct, call, attempt, further_attempt, hedge, unrepeated, wait, kEntries };

    void add(Entry entry) { counts_[entry].fetch_add(1, std::memory_order_relaxed); }

    [[nodiscard]] ServiceCounters counters() const {
        ServiceCounters all;
        const std::uint64_t both = count(direct);
        all.calls = both + count(call);
        all.attempts = both + count(attempt);
        all.hedges = count(hedge);
        // Counted one after the other, while calls go on.
        all.repeats = std::max(count(further_attempt), all.hedges) - all.hedges;
        all.unrepeated = count(unrepeated);
        all.waits = count(wait);
        return all;
    }

private:
    [[nodiscard]] std::uint64_t count(Entry entry) const {
        return counts_[entry].load(std::memory_order_relaxed);
    }

    std::array<std::atomic<std::uint64_t>, kEntries> counts_{};
};

}  // namespace rollcall::discovery
