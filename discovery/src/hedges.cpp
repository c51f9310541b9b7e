#include "hedges.h"

#include <asio/post.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

namespace rollcall::discovery {
namespace {

const HedgeOptions& checked(const HedgeOptions& options) {
    if (options.after < Duration::zero())
        throw std::invalid_argument{"HedgeOptions::after must not be negative"};
    if (!(options.quantile >= 0 && options.quantile < 1))
        throw std::invalid_argument{"HedgeOptions::quantile must be at least 0 and below 1"};
    if (!(options.ratio >= 0 && options.ratio <= kMostRatio))
        throw std::invalid_argument{"HedgeOptions::ratio must be from 0 to 1000"};
    return options;
}

}  // namespace

Hedges::Hedges(const asio::any_io_executor& executor, const HedgeOptions& options)
    : options_(checked(options)),
      is_on_(options.after > Duration::zero() || options.quantile > 0),
      executor_(executor),
      budget_(options.ratio, options.burst),
      latency_(options.quantile),
      timer_(executor) {
}

std::optional<Duration> Hedges::delay() const {
    return options_.after > Duration::zero() ? options_.after : latency_.value();
}

void Hedges::on_answer(Duration took) {
    if (is_on_ && options_.after == Duration::zero()) latency_.add(took);
}

void Hedges::plan(const Self& self, TimePoint now, TimePoint ends, Fire fire) {
    const auto delay = self->delay();
    if (!delay || ends - now <= *delay) return;
    const TimePoint at = now + *delay;
    {
        const std::lock_guard lock{self->mutex_};
        if (self->closed_) return;
        self->plans_.add(at, std::move(fire));
        if (at >= self->armed_) return;
        self->armed_ = at;
    }
    asio::post(self->executor_, [self] { arm(self); });
}

void Hedges::arm(const Self& self) {
    TimePoint at;
    {
        const std::lock_guard lock{self->mutex_};
        at = self->armed_ = self->plans_.next();
    }
    if (at == TimePoint::max()) return;
    self->timer_.expires_at(at);
    self->timer_.async_wait([self](const asio::error_code& ec) {
        if (!ec) fire_due(self);
    });
}

void Hedges::fire_due(const Self& self) {
    std::vector<Fire> due;
    {
        const std::lock_guard lock{self->mutex_};
        due = self->plans_.take_due(SteadyClock::now());
    }
    arm(self);
    for (const Fire& fire : due)
        fire();
}

void Hedges::close(const Self& self) {
    std::vector<Fire> dropped;  // without the lock: they hold calls
    {
        const std::lock_guard lock{self->mutex_};
        self->closed_ = true;
        dropped = self->plans_.take_if([](const Fire&) { return true; });
    }
    asio::post(self->executor_, [self] { self->timer_.cancel(); });
}

}  // namespace rollcall::discovery
