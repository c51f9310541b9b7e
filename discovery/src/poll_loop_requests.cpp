// What other threads want of the loop.
#include "poll_loop.h"

#include <algorithm>

namespace rollcall::discovery {

void PollLoop::interrupt() {
    changed_.notify_all();
    if (watching_) watching_->request_stop();
}

void PollLoop::stop() {
    const std::lock_guard lock{mutex_};
    stop_.request_stop();
    interrupt();
}

void PollLoop::add(std::shared_ptr<PolledService> service) {
    const std::lock_guard lock{mutex_};
    services_.push_back(std::move(service));
    interrupt();
}

void PollLoop::remove(const std::shared_ptr<PolledService>& service, bool may_wait) {
    {
        std::unique_lock lock{mutex_};
        std::erase(services_, service);
        service->is_over = true;
        const bool is_left = service->cache && !may_wait;
        if (is_left) left_.push_back(service);
        // Nobody asks for it any more; the others are watched anew.
        if (is_left || service->watched) interrupt();
        if (!may_wait) return;
        changed_.wait(lock, [&] { return in_turn_ != service.get(); });
    }
    if (service->cache) service->cache->write();
}

void PollLoop::hurry(PolledService& service) {
    const std::lock_guard lock{mutex_};
    // What is watched comes as soon as there is anything. The wait for the others need not end for
    // a read that would come as soon anyhow.
    if (!service.watched && service.plan.hurry(SteadyClock::now())) interrupt();
}

Result<void> PollLoop::refresh(PolledService& service, Deadline deadline) {
    std::unique_lock lock{mutex_};
    const std::uint64_t wanted = service.begun + 1;
    service.plan.demand(SteadyClock::now());
    interrupt();
    const auto answered = [&] { return service.ended >= wanted; };
    if (deadline.is_never()) {
        changed_.wait(lock, answered);
    } else if (!changed_.wait_until(lock, deadline.point(), answered)) {
        return Error{Errc::timed_out, name_ + " has not answered within the deadline"};
    }
    if (service.failure) return *service.failure;
    return {};
}

}  // namespace rollcall::discovery
