#include "neighbours.h"

#include <algorithm>

namespace rollcall::discovery {

void Neighbours::on_avoided(bool is_bad, int change) {
    avoided_.fetch_add(change, std::memory_order_relaxed);
    if (is_bad) bad_.fetch_add(change, std::memory_order_relaxed);
}

bool Neighbours::stands_out(const FailureRate::Counts& own, TimePoint now) {
    FailureRate::Counts others;
    {
        const FailureRate::Counts totals{
            all_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed)};
        const std::lock_guard lock{mutex_};
        others = lately_.recent(totals, now);
    }
    others.all -= std::min(others.all, own.all);
    others.failed -= std::min(others.failed, own.failed);
    if (own.all < rule_.calls || own.rate() < rule_.rate) return false;
    // What fails everywhere is not its fault.
    if (others.all < rule_.calls || others.rate() > own.rate() / 2) return false;
    const auto bad = static_cast<std::size_t>(bad_.load(std::memory_order_relaxed)) + 1;
    return bad * 2 <= members_.load(std::memory_order_relaxed);
}

}  // namespace rollcall::discovery
