#include "connection_turns.h"

#include <rollcall/rpc/turn_queue.h>

namespace rollcall::discovery {
namespace {

// A lane: the turn, as far as there is room, the connection, and the calls that may follow.
constexpr unsigned kBits = 6;
constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
static_assert(ConnectionTurns::kMost <= kMask + 1 && ConnectionTurns::kTogether <= kMask);

}  // namespace

std::size_t ConnectionTurns::next(std::uint64_t turn) {
    if (given_.size() == 1) return 0;
    std::size_t chosen = 0;
    if (turn == 0) {
        chosen = next_fair();
    } else {
        Lane& lane = lanes_[(turn >> rpc::TurnQueue::kTurnBits) % lanes_.size()];
        const std::uint64_t mine = turn << (2 * kBits);
        const std::uint64_t last = lane.load(std::memory_order_relaxed);
        std::uint64_t left = last & kMask;
        if (last >> (2 * kBits) == mine >> (2 * kBits) && left > 0) {
            chosen = (last >> kBits) & kMask;
        } else {
            chosen = next_fair();
            left = kTogether;
        }
        lane.store(mine | (chosen << kBits) | (left - 1), std::memory_order_relaxed);
    }
    given_[chosen].fetch_add(1, std::memory_order_relaxed);
    return chosen;
}

// Some are given more at a time than others: of the next two in turn the one that has had less.
std::size_t ConnectionTurns::next_fair() {
    const std::size_t turn = rotation_.fetch_add(1, std::memory_order_relaxed);
    const std::size_t one = turn % given_.size();
    const std::size_t other = (turn + 1) % given_.size();
    const auto had = [this](std::size_t i) { return given_[i].load(std::memory_order_relaxed); };
    return had(other) < had(one) ? other : one;
}

}  // namespace rollcall::discovery
