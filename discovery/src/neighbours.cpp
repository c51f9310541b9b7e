#include "neighbours.h"

namespace rollcall::discovery {

void Neighbours::on_avoided(bool is_bad, int change) {
    avoided_.fetch_add(change, std::memory_order_relaxed);
    if (is_bad) bad_.fetch_add(change, std::memory_order_relaxed);
    changes_.fetch_add(1, std::memory_order_release);
}

bool Neighbours::stands_out(const SharedOutcomes& lately) const {
    const Outcomes& own = lately.own;
    if (own.all < rule_.calls || own.rate() < rule_.rate) return false;
    const Outcomes others = lately.all - own;
    // What fails everywhere is not its fault.
    if (others.all < rule_.calls || others.rate() > own.rate() / 2) return false;
    const auto bad = static_cast<std::size_t>(bad_.load(std::memory_order_relaxed)) + 1;
    return bad * 2 <= members_.load(std::memory_order_relaxed);
}

}  // namespace rollcall::discovery
