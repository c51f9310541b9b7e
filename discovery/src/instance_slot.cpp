#include "instance_slot.h"

#include <rollcall/base/random.h>

#include "retry.h"

namespace rollcall::discovery {
namespace {

TimePoint::rep ticks(TimePoint point) {
    return point.time_since_epoch().count();
}

}  // namespace

InstanceSlot::InstanceSlot(Endpoint endpoint, rpc::ClientOptions options, BackoffOptions avoid)
    : endpoint_(std::move(endpoint)), options_(std::move(options)), avoidance_(avoid) {
}

rpc::Client* InstanceSlot::client() {
    const std::lock_guard lock{mutex_};
    if (closed_) return nullptr;
    if (!client_) client_.emplace(endpoint_, options_);
    return &*client_;
}

void InstanceSlot::close() {
    rpc::Client* open = nullptr;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        if (client_) open = &*client_;
    }
    if (open != nullptr) open->stop();
}

bool InstanceSlot::take_probe(TimePoint now) {
    if (avoided_until_.load(std::memory_order_relaxed) == ticks(TimePoint::min())) return true;
    const std::lock_guard lock{mutex_};
    const bool taken = avoidance_.take_probe(now, random_unit());
    publish();
    return taken;
}

void InstanceSlot::on_attempt() {
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    attempts_.fetch_add(1, std::memory_order_relaxed);
}

void InstanceSlot::on_success(TimePoint now) {
    last_success_.store(ticks(now), std::memory_order_relaxed);
    if (avoided_until_.load(std::memory_order_relaxed) == ticks(TimePoint::min())) return;
    const std::lock_guard lock{mutex_};
    avoidance_.on_success();
    publish();
}

void InstanceSlot::on_failure(const Error& error, TimePoint began, TimePoint now) {
    if (!blames_instance(error.code())) return;
    // One that has answered others meanwhile is only slow at this call.
    const bool alive = last_success_.load(std::memory_order_relaxed) >= ticks(began);
    if (error.code() == Errc::timed_out && alive) return;
    const std::lock_guard lock{mutex_};
    ++failures_;
    last_error_ = error;
    avoidance_.on_failure(now, random_unit());
    publish();
}

InstanceState InstanceSlot::state(TimePoint now) const {
    InstanceState state;
    state.in_flight = in_flight_.load(std::memory_order_relaxed);
    state.attempts = attempts_.load(std::memory_order_relaxed);
    const std::lock_guard lock{mutex_};
    if (client_) state.connection = client_->state();
    state.failures = failures_;
    state.last_error = last_error_;
    if (now < avoidance_.until()) state.avoided_until = avoidance_.until();
    return state;
}

}  // namespace rollcall::discovery
