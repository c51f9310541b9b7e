#include "heartbeat_plan.h"

#include "answer.h"

#include <algorithm>

namespace rollcall::registry {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLeastPatience{200};
// Heartbeats of many processes that were started together must not stay in phase.
constexpr double kJitter = 0.1;

// Retries grow to one interval: a registry that is back hears of everybody within that time.
Backoff retries_within(std::chrono::milliseconds interval) {
    BackoffOptions options;
    options.min = std::min(kFirstRetry, interval);
    options.max = interval;
    return Backoff{options};
}

}  // namespace

HeartbeatPlan::HeartbeatPlan(TimePoint now)
    : due_(now), backoff_(retries_within(Lease{}.interval)) {
}

void HeartbeatPlan::want(Status status, TimePoint now) {
    if (wanted_ == status) return;
    wanted_ = status;
    if (backoff_.failures() == 0) due_ = std::min(due_, now);
}

Next HeartbeatPlan::next() const {
    if (state_ == RegistrarState::replaced) return {Step::finish, TimePoint::max()};
    return {listed_ == wanted_ ? Step::renew : Step::announce, due_};
}

void HeartbeatPlan::announced(Status status, const Lease& lease, TimePoint now, double unit) {
    if (!lease.replaced.empty()) {
        state_ = RegistrarState::replaced;
        return;
    }
    state_ = RegistrarState::registered;
    listed_ = status;
    beat_after(lease, now, unit);
    if (wanted_ != status) due_ = now;  // changed while the request was under way
}

void HeartbeatPlan::renewed(const Lease& lease, TimePoint now, double unit) {
    if (!lease.replaced.empty()) {
        state_ = RegistrarState::replaced;
        return;
    }
    beat_after(lease, now, unit);
    if (!lease.missing.empty()) {
        listed_.reset();
        due_ = now;
    } else {
        state_ = RegistrarState::registered;
        if (wanted_ != listed_) due_ = now;
    }
}

void HeartbeatPlan::failed(Step step, TimePoint now, double unit) {
    if (state_ == RegistrarState::replaced) return;
    // It may have been taken all the same: nobody knows which status is listed.
    if (step == Step::announce) listed_.reset();
    state_ = RegistrarState::retrying;
    due_ = now + backoff_.next(unit);
}

std::chrono::milliseconds HeartbeatPlan::patience(std::chrono::milliseconds most) const {
    return std::min(most, std::max(interval_, kLeastPatience));
}

bool HeartbeatPlan::in_sync() const {
    return state_ == RegistrarState::registered && listed_ == wanted_;
}

void HeartbeatPlan::beat_after(const Lease& lease, TimePoint now, double unit) {
    interval_ = std::clamp(lease.interval, kMinInterval, kMaxInterval);
    backoff_ = retries_within(interval_);
    const double factor = 1.0 - kJitter + 2.0 * kJitter * unit;
    const auto ns = std::chrono::duration<double, std::nano>{interval_} * factor;
    due_ = now + std::chrono::duration_cast<Duration>(ns);
}

}  // namespace rollcall::registry
