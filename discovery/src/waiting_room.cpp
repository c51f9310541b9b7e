#include "waiting_room.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::discovery {

WaitingRoom::WaitingRoom(const asio::any_io_executor& executor, std::size_t most)
    : executor_(executor), most_(most), timer_(executor) {
}

bool WaitingRoom::wait(
    const Self& self, const void* key, TimePoint until, std::uint64_t seen, Awaits what, Wake wake
) {
    if (self->count_.fetch_add(1, std::memory_order_relaxed) >= self->most_) {
        self->count_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    asio::post(
        self->executor_,
        [self, until, seen, waiter = Waiter{key, what, std::move(wake)}]() mutable {
            const bool for_news = waiter.what == Awaits::news;
            if (self->closed_ || seen < (for_news ? self->news_ : self->newcomers_)) {
                self->count_.fetch_sub(1, std::memory_order_relaxed);
                return waiter.wake();
            }
            const void* const place = waiter.key;
            self->places_[place] = self->waiters_.add(until, std::move(waiter));
            arm(self);
        }
    );
    return true;
}

void WaitingRoom::wake_these(const std::vector<Waiter>& waiters) {
    // All of them have left before the first is woken: it may come back at once.
    for (const Waiter& each : waiters)
        places_.erase(each.key);
    count_.fetch_sub(waiters.size(), std::memory_order_relaxed);
    for (const Waiter& each : waiters)
        each.wake();
}

void WaitingRoom::wake(const Self& self, const void* key) {
    asio::post(self->executor_, [self, key] {
        const auto place = self->places_.find(key);
        if (place == self->places_.end()) return;
        std::vector<Waiter> woken;
        if (auto waiter = self->waiters_.take(place->second)) woken.push_back(*std::move(waiter));
        self->wake_these(woken);
    });
}

void WaitingRoom::tell(const Self& self, std::uint64_t news, bool has_newcomers) {
    asio::post(self->executor_, [self, news, has_newcomers] {
        self->news_ = std::max(self->news_, news);
        if (has_newcomers) self->newcomers_ = std::max(self->newcomers_, news);
        self->wake_these(self->waiters_.take_if([has_newcomers](const Waiter& each) {
            return has_newcomers || each.what == Awaits::news;
        }));
    });
}

void WaitingRoom::close(const Self& self) {
    asio::post(self->executor_, [self] {
        self->closed_ = true;
        self->timer_.cancel();
        self->wake_these(self->waiters_.take_if([](const Waiter&) { return true; }));
    });
}

void WaitingRoom::arm(const Self& self) {
    const TimePoint next = self->waiters_.next();
    if (self->closed_ || next >= self->armed_) return;
    self->armed_ = next;
    self->timer_.expires_at(next);
    self->timer_.async_wait([self](const asio::error_code& ec) {
        if (ec) return;
        self->armed_ = TimePoint::max();
        self->wake_these(self->waiters_.take_due(SteadyClock::now()));
        arm(self);
    });
}

}  // namespace rollcall::discovery
