#pragma once
// How much handlers of one server or one client have to do.

#include <rollcall/base/clock.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rollcall::rpc {

// Thread safety: the limits are set before the first request, the rest any thread.
struct HandlerLoad {
    std::size_t max_queued = 1024;  // ServerOptions::max_pool_queue
    Duration max_wait{0};           // ServerOptions::max_queue_time

    std::atomic<bool> over{false};       // the server or client has ended: coroutines do not go on
    std::atomic<std::size_t> queued{0};  // requests that wait for a thread of the pool
    std::atomic<std::uint64_t> overloaded{0};
    // To peers, by threads that are not theirs.
    std::atomic<std::uint64_t> dropped_notifications{0};
};

}  // namespace rollcall::rpc
