#include "instance_slot.h"

#include <rollcall/base/random.h>
#include <rollcall/rpc/turn_queue.h>

#include "retry.h"

namespace rollcall::discovery {
namespace {

// Cancelled attempts without an answer in between that make an instance suspect.
constexpr unsigned kLostInARow = 3;

TimePoint::rep ticks(TimePoint point) {
    return point.time_since_epoch().count();
}

}  // namespace

InstanceSlot::InstanceSlot(
    Endpoint endpoint,
    const ServiceClientOptions& options,
    std::shared_ptr<Neighbours> neighbours,
    TimePoint now
)
    : endpoint_(std::move(endpoint)),
      options_(options.client),
      neighbours_(std::move(neighbours)),
      meter_(now),
      turns_(options.connections),
      open_(options.connections),
      clients_(options.connections),
      health_(options.avoid, options.avoid_after),
      lately_(options.avoid_window) {
}

InstanceSlot::~InstanceSlot() {
    if (avoided_) neighbours_->on_avoided(counted_bad_, -1);
}

rpc::Client* InstanceSlot::client() {
    std::size_t which = 0;
    if (open_.size() > 1) {
        const rpc::TurnQueue* const queue = rpc::TurnQueue::current();
        which = turns_.next(queue == nullptr ? 0 : queue->turn_number());
    }
    rpc::Client* const client = open_[which].load(std::memory_order_acquire);
    return client != nullptr ? client : connect(which);
}

rpc::Client* InstanceSlot::connect(std::size_t which) {
    const std::lock_guard lock{mutex_};
    if (closed_) return nullptr;
    auto& client = clients_[which];
    if (!client) client = std::make_unique<rpc::Client>(endpoint_, options_);
    open_[which].store(client.get(), std::memory_order_release);
    return client.get();
}

bool InstanceSlot::is_connected() const {
    const std::lock_guard lock{mutex_};
    return connection() == rpc::ClientState::ready;
}

void InstanceSlot::close() {
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        for (auto& each : open_)
            each.store(nullptr, std::memory_order_release);
    }
    // No more are made.
    for (const auto& client : clients_) {
        if (client) client->stop();
    }
}

rpc::ClientState InstanceSlot::connection() const {
    auto best = rpc::ClientState::idle;
    for (const auto& client : clients_) {
        const auto state = client ? client->state() : rpc::ClientState::idle;
        if (state == rpc::ClientState::ready) return state;
        if (state == rpc::ClientState::connecting) best = state;
    }
    return best;
}

TimePoint InstanceSlot::probe_at() const {
    const std::lock_guard lock{mutex_};
    return health_.probe_at();
}

void InstanceSlot::on_success(TimePoint began, TimePoint now) {
    meter_.on_answer(now - began, now);
    neighbours_->on_outcome(false);
    last_success_.store(ticks(now), std::memory_order_relaxed);
    if (troubled_.load(std::memory_order_relaxed)) on_alive(now);
}

void InstanceSlot::on_alive(TimePoint now) {
    const std::lock_guard lock{mutex_};
    health_.on_success(now);
    publish();
}

bool InstanceSlot::on_failure(const Error& error, TimePoint began, TimePoint now) {
    if (error.code() == Errc::cancelled || error.code() == Errc::shutting_down) return false;
    const bool only_slow = error.code() == Errc::timed_out && has_answered_since(began, now);
    neighbours_->on_outcome(true);
    const std::lock_guard lock{mutex_};
    // There was a connection, and this side was too late to use it.
    const bool own_fault = error.code() == Errc::timed_out && error.sent() == Sent::not_sent &&
                           connection() == rpc::ClientState::ready;
    const bool blamed = blames_instance(error.code()) && !own_fault;
    ++errors_;
    bool must_probe = false;
    if (blamed && !only_slow) {
        ++failures_;
        last_error_ = error;
        must_probe = health_.on_failure(is_certain(error.code()), now, random_unit());
    }
    if (!health_.is_avoided() && is_bad_lately(now)) {
        ++failures_;
        last_error_ = error;
        must_probe = health_.on_bad_rate(now, random_unit());
    }
    publish();
    return must_probe;
}

bool InstanceSlot::on_lost(TimePoint began, TimePoint now) {
    meter_.on_sample(now - began, now);
    if (has_answered_since(began, now)) return false;
    const std::lock_guard lock{mutex_};
    if (last_success_.load(std::memory_order_relaxed) > lost_since_.time_since_epoch().count())
        lost_ = 0;
    if (lost_++ == 0) lost_since_ = now;
    if (lost_ < kLostInARow) return false;
    ++failures_;
    last_error_ = Error{Errc::timed_out, "others have answered sooner, again and again"};
    const bool must_probe = health_.on_failure(false, now, random_unit());
    publish();
    return must_probe;
}

// In the first half it may have stopped: while many calls are under way some are always answered
// right after one of them has begun.
bool InstanceSlot::has_answered_since(TimePoint began, TimePoint now) const {
    const TimePoint half = began + (now - began) / 2;
    return last_success_.load(std::memory_order_relaxed) >= ticks(half);
}

bool InstanceSlot::is_bad_lately(TimePoint now) {
    const Outcomes own{meter_.answers() + errors_, errors_};
    return neighbours_->stands_out(lately_.recent({own, neighbours_->totals()}, now));
}

void InstanceSlot::publish() {
    troubled_.store(health_.is_troubled(), std::memory_order_relaxed);
    const bool was_avoided = avoided_.exchange(health_.is_avoided(), std::memory_order_relaxed);
    if (was_avoided == health_.is_avoided()) return;
    if (!was_avoided) counted_bad_ = health_.is_bad();
    neighbours_->on_avoided(counted_bad_, was_avoided ? -1 : 1);
}

InstanceState InstanceSlot::state(TimePoint now) const {
    InstanceState state;
    const Load load = meter_.load(now);
    state.in_flight = load.in_flight;
    state.latency = load.latency;
    state.attempts = meter_.begun();
    const std::lock_guard lock{mutex_};
    state.connection = connection();
    state.failures = failures_;
    state.last_error = last_error_;
    state.errors = errors_;
    if (health_.is_avoided()) state.avoided_until = health_.probe_at();
    return state;
}

}  // namespace rollcall::discovery
