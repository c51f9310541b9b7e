#pragma once
// Which of several connections to one instance a call goes on.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rollcall::discovery {

// In turn, so that in the long run each gets as many as any other. But calls that are made in the
// same turn of an I/O thread, as answers to replies that came together, stay together: on the next
// connection up to sixteen of them, which then are one write here and one read there. Thread
// safety: any thread, without locks.
class ConnectionTurns {
public:
    static constexpr std::size_t kMost = 64;      // connections
    static constexpr std::size_t kTogether = 16;  // calls

    explicit ConnectionTurns(std::size_t connections) : given_(connections) {}

    // `turn`: TurnQueue::turn_number(), 0 for a call that is made in none.
    [[nodiscard]] std::size_t next(std::uint64_t turn);

private:
    // Which connection the calls of a turn go on, and how many more of them. Each I/O thread has
    // one of these, or shares it, which only moves its calls on sooner.
    using Lane = std::atomic<std::uint64_t>;

    [[nodiscard]] std::size_t next_fair();

    std::atomic<std::size_t> rotation_{0};
    std::vector<std::atomic<std::uint64_t>> given_;  // calls, to each
    std::array<Lane, 8> lanes_{};
};

}  // namespace rollcall::discovery
