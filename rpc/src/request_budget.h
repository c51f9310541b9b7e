#pragma once
// How many request bytes the handlers of a server may hold at once.

#include <atomic>
#include <cstddef>

namespace rollcall::rpc {

// Connections charge what their handlers work on, and stop reading while the limit is reached.
// Thread safety: any thread.
class RequestBudget {
public:
    explicit RequestBudget(std::size_t limit) : limit_(limit) {}

    void charge(std::size_t bytes) noexcept { bytes_.fetch_add(bytes); }

    // True if those who were told that it is exhausted should be told to look again.
    [[nodiscard]] bool release(std::size_t bytes) noexcept {
        if (bytes == 0) return false;
        const std::size_t left = bytes_.fetch_sub(bytes) - bytes;
        return left < limit_ && someone_waits_.exchange(false);
    }

    // Who gets `true` stops, and is told when to look again.
    [[nodiscard]] bool is_exhausted() const noexcept {
        if (bytes_.load(std::memory_order_relaxed) < limit_) return false;
        // Announced first, then looked at again: either this sees a release, or the release sees
        // that someone waits.
        someone_waits_.store(true);
        return bytes_.load() >= limit_;
    }

    [[nodiscard]] std::size_t bytes() const noexcept {
        return bytes_.load(std::memory_order_relaxed);
    }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> bytes_{0};
    mutable std::atomic<bool> someone_waits_{false};
};

}  // namespace rollcall::rpc
