#include "workers.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/thread.h>

#include <asio/post.hpp>

#include <utility>

namespace rollcall::soak {

Workers::Workers(std::size_t threads, asio::any_io_executor executor)
    : executor_(std::move(executor)) {
    for (std::size_t i = 0; i < threads; ++i)
        threads_.push_back(start_thread("soak-worker", [this] { serve(); }));
}

Workers::~Workers() {
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

void Workers::run(const Ticket& ticket, Work work) {
    {
        const std::lock_guard lock{mutex_};
        jobs_.push_back({ticket, std::move(work)});
    }
    changed_.notify_one();
}

void Workers::serve() {
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return ended_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        const Result<void> outcome = catching(Errc::handler_failed, job.work);
        asio::post(executor_, [ticket = job.ticket, outcome] {
            outcome ? ticket.end() : ticket.fail(outcome.error().to_string());
        });
        lock.lock();
    }
}

}  // namespace rollcall::soak
