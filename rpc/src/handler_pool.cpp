#include "handler_pool.h"

#include <rollcall/base/thread.h>
#include <rollcall/rpc/io_threads.h>

#include <exception>
#include <string>

namespace rollcall::rpc {
namespace {

// From when on a wait for handlers is told to the log.
constexpr Duration kQuietWait = std::chrono::seconds{1};

}  // namespace

HandlerPool::HandlerPool(std::size_t threads, Log log)
    : shared_(std::make_shared<Shared>(std::move(log))), work_(shared_->loop->get_executor()) {
    threads_.reserve(threads);
    try {
        for (std::size_t i = 0; i < threads; ++i) {
            // Before it starts: the last of all closes the loop, not the last of those that have
            // begun by then.
            shared_->running.fetch_add(1);
            threads_.push_back(start_thread("rollcall-pool", [shared = shared_] { shared->run(); })
            );
        }
    } catch (...) {  // the system has no thread left
        shared_->running.fetch_sub(1);
        end();
        throw;
    }
}

void HandlerPool::Shared::run() {
    while (!loop->stopped()) {
        // Handlers' exceptions become replies before they get here, but not those of what they
        // post to the executor themselves.
        try {
            loop->run();
        } catch (const std::exception& error) {
            log.error(std::string{"a task on the handler pool threw: "} + error.what());
        } catch (...) {
            log.error("a task on the handler pool threw something that is no std::exception");
        }
    }
    if (running.fetch_sub(1) != 1) return;
    // Tickets of requests that are dropped answer, and nothing that they do can throw.
    loop->close(0);
    ended.open();
}

bool HandlerPool::is_current() const {
    return shared_->loop->get_executor().running_in_this_thread();
}

void HandlerPool::stop() {
    shared_->loop->stop();
}

HandlerPool::~HandlerPool() {
    end();
}

void HandlerPool::end() {
    work_.reset();
    stop();
    const bool waits = !is_current() && !IoThreads::on_io_thread();
    if (waits && shared_->running > 0 && !shared_->ended.wait(Deadline::in(kQuietWait))) {
        shared_->log.warning(
            "a server waits for " + std::to_string(shared_->running) +
            " handlers with RunOn::pool that have not ended"
        );
    }
    for (std::thread& thread : threads_)
        waits ? thread.join() : thread.detach();
}

}  // namespace rollcall::rpc
