#include "handler_pool.h"

#include <rollcall/base/thread.h>
#include <rollcall/rpc/io_threads.h>

namespace rollcall::rpc {

HandlerPool::HandlerPool(std::size_t threads)
    : context_(std::make_shared<asio::io_context>()), work_(context_->get_executor()) {
    for (std::size_t i = 0; i < threads; ++i) {
        // Handlers' exceptions become replies before they get here.
        threads_.push_back(start_thread("rollcall-pool", [context = context_] { context->run(); }));
    }
}

bool HandlerPool::is_current() const {
    return context_->get_executor().running_in_this_thread();
}

void HandlerPool::stop() {
    context_->stop();
}

HandlerPool::~HandlerPool() {
    work_.reset();
    stop();
    const bool waits = !is_current() && !IoThreads::on_io_thread();
    for (std::thread& thread : threads_)
        waits ? thread.join() : thread.detach();
}

}  // namespace rollcall::rpc
