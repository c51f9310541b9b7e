#pragma once
// Calls that wait for an instance, or for their next attempt.

#include <rollcall/base/clock.h>

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace rollcall::discovery {

// One timer for all of them, on one I/O thread, where they are also woken. Thread safety of the
// static members: any thread.
class WaitingRoom {
public:
    using Self = std::shared_ptr<WaitingRoom>;
    using Wake = std::function<void()>;

    WaitingRoom(const asio::any_io_executor& executor, std::size_t most);

    // Calls `wake` once: at `until`, when the list changes, or when it is woken by its key. `seen`
    // is the version of the list that was not good enough; if there is a newer one already, the
    // wake follows at once. False, and no wake, if too many wait.
    [[nodiscard]] static bool wait(
        const Self& self, const void* key, TimePoint until, std::uint64_t seen, Wake wake
    );
    static void wake(const Self& self, const void* key);
    // The list has this version now.
    static void wake_all(const Self& self, std::uint64_t version);
    // Wakes all, and from now on everybody at once.
    static void close(const Self& self);

private:
    struct Waiter {
        const void* key;
        TimePoint until;
        Wake wake;
    };

    // On the I/O thread.
    template <class Condition>
    void wake_if(Condition&& holds);
    static void arm(const Self& self, TimePoint until);

    const asio::any_io_executor executor_;
    const std::size_t most_;
    std::atomic<std::size_t> count_{0};

    // Of the I/O thread:
    std::vector<Waiter> waiters_;
    std::uint64_t version_ = 0;
    bool closed_ = false;
    asio::steady_timer timer_;
    TimePoint armed_ = TimePoint::max();
};

}  // namespace rollcall::discovery
