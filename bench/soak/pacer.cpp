#include "pacer.h"

#include <chrono>
#include <utility>

namespace rollcall::soak {
namespace {

// At a time; then what has come back has its turn.
constexpr int kMostMilliseconds = 10;

}  // namespace

Pacer::Pacer(const asio::any_io_executor& executor, double per_second, Start start)
    : schedule_(per_second), start_(std::move(start)), timer_(executor) {
}

void Pacer::begin() {
    begun_ = SteadyClock::now();
    wait();
}

void Pacer::stop() {
    stopped_ = true;
    timer_.cancel();
}

void Pacer::wait() {
    timer_.expires_at(begun_ + std::chrono::milliseconds{millisecond_ + 1});
    timer_.async_wait([this](const asio::error_code&) {
        if (!stopped_) go_on();
    });
}

void Pacer::go_on() {
    for (int i = 0; i < kMostMilliseconds; ++i) {
        const TimePoint next = begun_ + std::chrono::milliseconds{millisecond_ + 1};
        if (SteadyClock::now() < next) break;
        ++millisecond_;
        while (started_ < schedule_.due_by(millisecond_))
            start_(started_++, next);
    }
    wait();
}

}  // namespace rollcall::soak
