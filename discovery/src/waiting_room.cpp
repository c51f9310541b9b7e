#include "waiting_room.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::discovery {

WaitingRoom::WaitingRoom(const asio::any_io_executor& executor, std::size_t most)
    : executor_(executor), most_(most), timer_(executor) {
}

bool WaitingRoom::wait(
    const Self& self, const void* key, TimePoint until, std::uint64_t seen, Wake wake
) {
    if (self->count_.fetch_add(1, std::memory_order_relaxed) >= self->most_) {
        self->count_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    asio::post(
        self->executor_,
        [self, seen, waiter = Waiter{key, until, std::move(wake)}]() mutable {
            if (self->closed_ || seen < self->version_) {
                self->count_.fetch_sub(1, std::memory_order_relaxed);
                return waiter.wake();
            }
            arm(self, waiter.until);
            self->waiters_.push_back(std::move(waiter));
        }
    );
    return true;
}

template <class Condition>
void WaitingRoom::wake_if(Condition&& holds) {
    // Taken out first: whoever is woken may come back at once.
    const auto woken = std::stable_partition(
        waiters_.begin(), waiters_.end(), [&](const Waiter& each) { return !holds(each); }
    );
    std::vector<Waiter> taken{
        std::make_move_iterator(woken), std::make_move_iterator(waiters_.end())};
    waiters_.erase(woken, waiters_.end());
    count_.fetch_sub(taken.size(), std::memory_order_relaxed);
    for (const Waiter& each : taken)
        each.wake();
}

void WaitingRoom::wake(const Self& self, const void* key) {
    asio::post(self->executor_, [self, key] {
        self->wake_if([key](const Waiter& each) { return each.key == key; });
    });
}

void WaitingRoom::wake_all(const Self& self, std::uint64_t version) {
    asio::post(self->executor_, [self, version] {
        self->version_ = std::max(self->version_, version);
        self->wake_if([](const Waiter&) { return true; });
    });
}

void WaitingRoom::close(const Self& self) {
    asio::post(self->executor_, [self] {
        self->closed_ = true;
        self->timer_.cancel();
        self->wake_if([](const Waiter&) { return true; });
    });
}

void WaitingRoom::arm(const Self& self, TimePoint until) {
    if (until >= self->armed_) return;
    self->armed_ = until;
    self->timer_.expires_at(until);
    self->timer_.async_wait([self](const asio::error_code& ec) {
        if (ec) return;
        self->armed_ = TimePoint::max();
        const TimePoint now = SteadyClock::now();
        self->wake_if([now](const Waiter& each) { return each.until <= now; });
        TimePoint next = TimePoint::max();
        for (const Waiter& each : self->waiters_)
            next = std::min(next, each.until);
        if (!self->closed_) arm(self, next);
    });
}

}  // namespace rollcall::discovery
