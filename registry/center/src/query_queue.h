#pragma once
// Work that yields to heartbeats.

#include <rollcall/base/clock.h>

#include <cstddef>
#include <deque>
#include <functional>

namespace rollcall::registry {

// Heartbeats are handled as they are read. Everything else waits here, is done in the order it
// came, and for `slice` at a time; in between the server reads what has arrived. So a flood of
// queries delays queries, and no lease ends by it. Thread safety: one thread.
class QueryQueue {
public:
    // Runs its argument soon, on this thread, after what has already been read.
    using Post = std::function<void(std::function<void()>)>;

    QueryQueue(Post post, std::size_t most, Duration slice = std::chrono::milliseconds{2})
        : post_(std::move(post)), most_(most), slice_(slice) {}

    // False, and nothing is done, if `most` wait already.
    [[nodiscard]] bool push(std::function<void()> work);

    // The same beyond `most`: for work that is bounded by other means.
    void push_always(std::function<void()> work);

    [[nodiscard]] std::size_t size() const noexcept { return work_.size(); }

    // True when the present turn should end; for work that can be done in parts.
    [[nodiscard]] bool slice_is_over() const { return SteadyClock::now() >= turn_ends_; }

private:
    void turn();

    const Post post_;
    const std::size_t most_;
    const Duration slice_;
    std::deque<std::function<void()>> work_;
    TimePoint turn_ends_{};
};

}  // namespace rollcall::registry
