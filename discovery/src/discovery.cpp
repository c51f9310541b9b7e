#include <rollcall/base/home_process.h>
#include <rollcall/discovery/discovery.h>
#include <rollcall/rpc/io_threads.h>

#include "discovery_state.h"
#include "list_change.h"

namespace rollcall::discovery {

Result<void> Discovery::refresh(Deadline deadline) {
    return state_->refresh(deadline);
}

void Discovery::update(InstanceList list) {
    const TimePoint now = SteadyClock::now();
    auto snapshot = std::make_shared<registry::Snapshot>();
    snapshot->instances = std::move(list).instances();
    snapshot->taken = now;
    snapshot->origin = registry::Origin::given;
    state_->publish(std::move(snapshot), now);
}

Result<registry::Instance> Discovery::get(SelectMode mode, Deadline deadline) const {
    const auto snapshot = state_->wait_snapshot(deadline);
    if (!snapshot) return snapshot.error();
    const auto takers = state_->takers(*snapshot);
    if (takers->members.empty()) return Error{Errc::no_instances, why_none()};
    const Candidates candidates{takers->members, takers->version, SteadyClock::now()};
    return *takers->members[state_->selector(mode).choose(candidates)].instance;
}

Result<std::vector<registry::Instance>> Discovery::get_all(Deadline deadline) const {
    const auto snapshot = state_->wait_snapshot(deadline);
    if (!snapshot) return snapshot.error();
    return (*snapshot)->instances;
}

std::shared_ptr<const registry::Snapshot> Discovery::snapshot() const {
    return state_->snapshot();
}

DiscoveryStatus Discovery::status() const {
    return state_->status(SteadyClock::now());
}

std::string Discovery::why_none() const {
    return state_->why_none(SteadyClock::now());
}

void Discovery::hurry() const {
    state_->hurry();
}

Subscription Discovery::subscribe(std::function<void()> changed) const {
    return state_->subscribe(std::move(changed));
}

Subscription Discovery::on_change(std::function<void(const ListChange&)> changed) const {
    const auto teller = std::make_shared<ChangeTeller>(std::move(changed));
    // Only the state itself calls it. A handle here, were it the last, would end on its thread.
    Subscription subscription =
        state_->subscribe([teller, state = state_.get()] { teller->tell(state->snapshot()); });
    teller->tell(state_->snapshot());
    return subscription;
}

void Discovery::fail(Error error) {
    state_->fail(std::move(error), SteadyClock::now());
}

MultiServersDiscovery::MultiServersDiscovery(NoListYet)
    : Discovery(make_shared_at_home<DiscoveryState>("the list of servers")) {
}

MultiServersDiscovery::MultiServersDiscovery(InstanceList list)
    : MultiServersDiscovery(NoListYet{}) {
    update(std::move(list));
}

}  // namespace rollcall::discovery
