#pragma once
// Whether an event loop still turns.

#include <rollcall/base/clock.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <atomic>
#include <memory>

namespace rollcall::rpc {

// Posts a task to the loop now and then and looks whether the last one has run. Never blocks.
// Thread safety: ask() from one thread at a time.
class LoopProbe {
public:
    // False if a task that was posted more than `patience` ago has not run.
    [[nodiscard]] bool ask(asio::io_context& loop, Duration patience, TimePoint now) {
        if (!answered_->load(std::memory_order_acquire)) return now - asked_ < patience;
        asked_ = now;
        answered_->store(false, std::memory_order_relaxed);
        asio::post(loop, [answered = answered_] {
            answered->store(true, std::memory_order_release);
        });
        return true;
    }

private:
    // Shared with the task, which may run after the probe has gone.
    const std::shared_ptr<std::atomic<bool>> answered_ = std::make_shared<std::atomic<bool>>(true);
    TimePoint asked_{};
};

}  // namespace rollcall::rpc
