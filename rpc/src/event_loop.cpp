#include <rollcall/rpc/event_loop.h>

namespace rollcall::rpc {

void EventLoop::close(std::size_t ready_handlers) {
    const auto run_ready = [&] {
        restart();
        while (ready_handlers > 0 && poll_one() > 0)
            --ready_handlers;
    };
    run_ready();
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    // What other threads have queued in between is awaited as well.
    run_ready();
    // What it destroys may own executors of this loop, and this loop with them: a circle that ends
    // here and nowhere else.
    shutdown();
}

}  // namespace rollcall::rpc
