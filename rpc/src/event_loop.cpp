#include <rollcall/rpc/event_loop.h>

namespace rollcall::rpc {

void EventLoop::close(std::size_t ready_handlers) {
    restart();
    for (std::size_t i = 0; i < ready_handlers && poll_one() > 0; ++i) {
    }
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    // What it destroys may own executors of this loop, and this loop with them: a circle that ends
    // here and nowhere else.
    shutdown();
}

}  // namespace rollcall::rpc
