#include "registrar_loop.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/random.h>
#include <rollcall/base/thread.h>

#include "advertised.h"
#include "or_throw.h"

#include <exception>
#include <stdexcept>
#include <utility>

namespace rollcall::registry {

Registrar::Loop::Loop(Connection connection, RegistrarOptions options)
    : connection_(std::move(connection)),
      options_(std::move(options)),
      endpoint_(or_throw(advertised_endpoint(options_))),
      instance_(or_throw(instance_of(options_))),
      plan_(SteadyClock::now()) {
    if (!connection_.announcer) {
        throw std::invalid_argument{"this registry can only be read, not registered with"};
    }
    if (endpoint_) place(instance_, *endpoint_);
}

void Registrar::Loop::start(const std::shared_ptr<Loop>& loop) {
    loop->thread_ = start_thread("rc-registrar", [loop] { loop->run(); });
}

void Registrar::Loop::set_status(Status status) {
    const std::lock_guard lock{mutex_};
    status_ = status;
    plan_.want(wanted(), SteadyClock::now());
    changed_.notify_all();
}

RegistrarState Registrar::Loop::state() {
    const std::lock_guard lock{mutex_};
    return stopping_ ? RegistrarState::stopped : plan_.state();
}

Instance Registrar::Loop::instance() {
    const std::lock_guard lock{mutex_};
    Instance copy = instance_;
    copy.status = plan_.wanted();
    return copy;
}

Result<void> Registrar::Loop::wait_registered(Deadline deadline) {
    std::unique_lock lock{mutex_};
    const auto decided = [this] {
        return plan_.in_sync() || stopping_ || plan_.state() == RegistrarState::replaced;
    };
    if (deadline.is_never()) {
        changed_.wait(lock, decided);
    } else if (!changed_.wait_until(lock, deadline.point(), decided)) {
        return Error{Errc::timed_out, "not registered in time: " + last_failure_};
    }
    if (stopping_) return Error{Errc::shutting_down, "the registrar was stopped"};
    if (plan_.state() == RegistrarState::replaced) {
        return Error{Errc::registry_failed, last_failure_};
    }
    return {};
}

void Registrar::Loop::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        changed_.notify_all();
    }
    stop_requests_.request_stop();
    if (std::this_thread::get_id() == loop_thread_.load()) return;
    const std::lock_guard lock{join_mutex_};
    if (thread_.joinable()) thread_.join();
}

void Registrar::Loop::release(std::shared_ptr<Loop>&& loop) {
    if (!loop->home_.is_here()) return abandon(std::move(loop));
    if (std::this_thread::get_id() == loop->loop_thread_.load()) loop->is_released_ = true;
    loop->stop();
    // On the loop's own thread nobody can wait for its end; it owns what it still needs.
    if (loop->thread_.joinable()) loop->thread_.detach();
}

void Registrar::Loop::run() {
    loop_thread_ = std::this_thread::get_id();
    while (step()) {
    }
    withdraw();
    publish(RegistrarState::stopped, "stopped");
}

// One wait or one request; false when it is time to say goodbye.
bool Registrar::Loop::step() {
    if (is_stopping()) return false;
    check_health();
    std::unique_lock lock{mutex_};
    if (stopping_) return false;
    const TimePoint now = SteadyClock::now();
    plan_.want(wanted(), now);
    const Next next = plan_.next();
    if (next.step == Step::finish) {
        changed_.wait(lock, [this] { return stopping_; });
        return false;
    }
    if (next.at > now) {
        // Whatever ends it, the next turn looks again.
        changed_.wait_until(lock, next.at);
        return !stopping_;
    }
    const Status status = plan_.wanted();
    lock.unlock();
    perform(next.step, status);
    return true;
}

void Registrar::Loop::perform(Step step, Status status) {
    const Deadline deadline = Deadline::in(plan_.patience(options_.request_timeout));
    auto lease = catching(Errc::registry_failed, [&] {
        return step == Step::announce
                   ? announce(status, deadline)
                   : connection_.announcer->renew(deadline, stop_requests_.get_token());
    });
    std::string why;
    RegistrarState state{};
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) return;
        const TimePoint now = SteadyClock::now();
        if (!lease) {
            plan_.failed(step, now, random_unit());
            last_failure_ = lease.error().message();
        } else if (step == Step::announce) {
            plan_.announced(status, *lease, now, random_unit());
        } else {
            plan_.renewed(*lease, now, random_unit());
        }
        state = plan_.state();
        if (state == RegistrarState::replaced) {
            last_failure_ = "a newer process has registered as " + lease_name(instance_) +
                            "; give each process an id or address of its own";
        }
        why = state == RegistrarState::registered ? "the registry lists it" : last_failure_;
        changed_.notify_all();
    }
    publish(state, why);
}

Result<Lease> Registrar::Loop::announce(Status status, Deadline deadline) {
    if (!endpoint_) {
        if (auto found = find_address(deadline); !found) return found.error();
    }
    Instance copy;
    {
        const std::lock_guard lock{mutex_};
        copy = instance_;
    }
    copy.status = status;
    perhaps_listed_ = true;
    return connection_.announcer->announce({copy}, deadline, stop_requests_.get_token());
}

Result<void> Registrar::Loop::find_address(Deadline deadline) {
    auto address = connection_.announcer->local_address(deadline, stop_requests_.get_token());
    if (!address) return address.error();
    auto endpoint = endpoint_seen_from(options_.server, *address);
    if (!endpoint) return endpoint.error();
    endpoint_ = std::move(*endpoint);
    const std::lock_guard lock{mutex_};
    place(instance_, *endpoint_);
    return {};
}

void Registrar::Loop::withdraw() {
    {
        const std::lock_guard lock{mutex_};
        // The list then names a newer process, which must stay there.
        if (!perhaps_listed_ || plan_.state() == RegistrarState::replaced) return;
    }
    auto gone = catching(Errc::registry_failed, [&] {
        return connection_.announcer->withdraw(Deadline::in(options_.withdraw_timeout));
    });
    if (!gone) {
        options_.log.warning(
            "could not take " + name() + " off the registry; if it is listed there, then until " +
            "its lease ends: " + gone.error().message()
        );
    }
}

void Registrar::Loop::check_health() {
    const Result<bool> answer = catching(Errc::handler_failed, [this]() -> Result<bool> {
        return options_.health ? options_.health() : options_.server.alive();
    });
    const bool healthy = answer && *answer;
    const std::string problem =
        "its health check " + (answer ? "says no" : "failed: " + answer.error().message());
    {
        const std::lock_guard lock{mutex_};
        if (healthy == healthy_) return;
        healthy_ = healthy;
    }
    if (healthy) {
        options_.log.info(name() + " is healthy again");
    } else {
        options_.log.warning(name() + " is announced as down until it is healthy: " + problem);
    }
}

bool Registrar::Loop::is_stopping() {
    const std::lock_guard lock{mutex_};
    return stopping_;
}

// Only the loop's thread changes the instance, so it may read it without the lock.
std::string Registrar::Loop::name() const {
    return "'" + (instance_.id.empty() ? instance_.service : lease_name(instance_)) + "'";
}

void Registrar::Loop::publish(RegistrarState state, const std::string& why) {
    if (state == published_) return;
    published_ = state;
    log(state, why);
    if (!options_.on_state || is_released_) return;
    const Result<void> told = catching(Errc::handler_failed, [&]() -> Result<void> {
        options_.on_state(state, why);
        return {};
    });
    if (!told) options_.log.error("on_state of a registrar: " + told.error().message());
}

void Registrar::Loop::log(RegistrarState state, const std::string& why) const {
    switch (state) {
        case RegistrarState::registered:
            return options_.log.info(name() + " is registered");
        case RegistrarState::retrying:
            return options_.log.warning(name() + " is not registered, retrying: " + why);
        case RegistrarState::replaced:
            return options_.log.error(name() + " was REPLACED and is no longer listed: " + why);
        case RegistrarState::starting:
        case RegistrarState::stopped:
            return options_.log.debug(name() + " is " + std::string{name_of(state)});
    }
}

}  // namespace rollcall::registry
