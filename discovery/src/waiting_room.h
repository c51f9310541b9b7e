#pragma once
// Calls that wait for an instance, or for their next attempt.

#include <rollcall/base/clock.h>

#include "timed_queue.h"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace rollcall::discovery {

// What a call waits for, beside its time.
enum class Awaits {
    news,       // anything about the list, be it that it could not be renewed
    newcomers,  // an instance that was not on the list before: it has tried all others
};

// One timer for all of them, on one I/O thread, where they are also woken. Thread safety of the
// static members: any thread.
class WaitingRoom {
public:
    using Self = std::shared_ptr<WaitingRoom>;
    using Wake = std::function<void()>;

    WaitingRoom(const asio::any_io_executor& executor, std::size_t most);

    // Calls `wake` once: at `until`, when there is what it awaits, or when it is woken by its key,
    // which nobody else has. `seen` is the last news that it knew; if there is more already, the
    // wake follows at once. False, and no wake, if too many wait.
    [[nodiscard]] static bool wait(
        const Self& self,
        const void* key,
        TimePoint until,
        std::uint64_t seen,
        Awaits what,
        Wake wake
    );
    static void wake(const Self& self, const void* key);
    // There is news of this number, which grows from one to the next.
    static void tell(const Self& self, std::uint64_t news, bool has_newcomers);
    // Wakes all, and from now on everybody at once.
    static void close(const Self& self);

private:
    struct Waiter {
        const void* key;
        Awaits what;
        Wake wake;
    };

    using Queue = TimedQueue<Waiter>;

    // On the I/O thread.
    void wake_these(const std::vector<Waiter>& waiters);
    static void arm(const Self& self);

    const asio::any_io_executor executor_;
    const std::size_t most_;
    std::atomic<std::size_t> count_{0};

    // Of the I/O thread:
    Queue waiters_;
    std::unordered_map<const void*, Queue::Key> places_;
    std::uint64_t news_ = 0;
    std::uint64_t newcomers_ = 0;
    bool closed_ = false;
    asio::steady_timer timer_;
    TimePoint armed_ = TimePoint::max();
};

}  // namespace rollcall::discovery
