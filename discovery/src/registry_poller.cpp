#include "registry_poller.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/random.h>
#include <rollcall/base/thread.h>
#include <rollcall/registry/connect.h>
#include <rollcall/rpc/io_threads.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

namespace rollcall::discovery {

PolledService::PolledService(std::string_view name, const RegistryDiscoveryOptions& asked)
    : service(name),
      options(asked),
      plan({asked.refresh, asked.hurry_gap, asked.empty_hold}, SteadyClock::now()) {
}

struct RegistryPoller::Loop {
    using Services = std::vector<std::shared_ptr<PolledService>>;

    void run();
    // The services whose requests are due, once there are any; empty at the end.
    Services wait_due();
    void ask(PolledService& service);
    void tell(PolledService& service, Result<registry::Snapshot> answer);
    void log(PolledService& service, const Error* failure) const;

    std::unique_ptr<registry::Source> source;
    std::string name;
    std::stop_source stop;

    std::mutex mutex;
    std::condition_variable changed;
    Services services;
};

void RegistryPoller::Loop::run() {
    while (!stop.stop_requested()) {
        for (const auto& service : wait_due()) {
            if (!stop.stop_requested()) ask(*service);
        }
    }
}

RegistryPoller::Loop::Services RegistryPoller::Loop::wait_due() {
    std::unique_lock lock{mutex};
    while (!stop.stop_requested()) {
        const TimePoint now = SteadyClock::now();
        Services due;
        TimePoint next = TimePoint::max();
        for (const auto& service : services) {
            if (service->plan.due() <= now) {
                ++service->begun;
                service->plan.on_begin();
                due.push_back(service);
            } else {
                next = std::min(next, service->plan.due());
            }
        }
        if (!due.empty()) return due;
        next == TimePoint::max() ? changed.wait(lock) : void(changed.wait_until(lock, next));
    }
    return {};
}

void RegistryPoller::Loop::ask(PolledService& service) {
    auto snapshots = catching(Errc::registry_failed, [&] {
        return source->read(
            {service.service}, Deadline::in(service.options.request_timeout), stop.get_token()
        );
    });
    if (!snapshots) return tell(service, snapshots.error());
    if (snapshots->empty()) {
        return tell(service, Error{Errc::registry_failed, name + " answered with no list at all"});
    }
    tell(service, std::move(snapshots->front()));
}

void RegistryPoller::Loop::tell(PolledService& service, Result<registry::Snapshot> answer) {
    const TimePoint now = SteadyClock::now();
    const std::shared_ptr<DiscoveryState> state = service.state.lock();
    const auto current = state ? state->snapshot() : nullptr;
    if (answer && !service.plan.believes(current.get(), *answer, now)) {
        answer = Error{
            Errc::registry_failed,
            name + " has started anew and lists nothing; the list before is kept for a while"};
    }
    if (answer && state) {
        state->publish(std::make_shared<const registry::Snapshot>(std::move(*answer)), now);
    } else if (state && !stop.stop_requested()) {
        state->fail(answer.error(), now);
    }
    log(service, answer ? nullptr : &answer.error());
    // After the publication, so that whoever waited for this finds the list in place.
    const std::lock_guard lock{mutex};
    ++service.ended;
    if (answer) {
        service.failure.reset();
        service.plan.on_answer(now, random_unit());
    } else {
        service.failure = answer.error();
        service.plan.on_failure(now, random_unit());
    }
    changed.notify_all();
}

void RegistryPoller::Loop::log(PolledService& service, const Error* failure) const {
    if (stop.stop_requested() || service.logged_failure == (failure != nullptr)) return;
    service.logged_failure = failure != nullptr;
    if (failure != nullptr) {
        service.options.log.warning(
            "the list of '" + service.service +
            "' cannot be renewed, the last one is served: " + failure->message()
        );
    } else {
        service.options.log.warning(
            "the list of '" + service.service + "' is renewed again by " + name
        );
    }
}

std::shared_ptr<RegistryPoller> RegistryPoller::of(
    const std::string& url, const registry::AccessOptions& access
) {
    using Key = std::array<std::string, 5>;
    static std::mutex mutex;
    static std::map<Key, std::weak_ptr<RegistryPoller>> pollers;
    const std::lock_guard lock{mutex};
    std::erase_if(pollers, [](const auto& each) { return each.second.expired(); });
    const auto& tls = access.tls;
    auto& known = pollers[Key{url, access.token, tls.ca_file, tls.certificate_file, tls.key_file}];
    auto poller = known.lock();
    if (poller && poller->home_.is_here()) return poller;
    auto connection = registry::connect(url, access);
    if (!connection) throw std::invalid_argument{connection.error().message()};
    if (!connection->source) throw std::invalid_argument{"'" + url + "' has no lists to read"};
    poller = std::make_shared<RegistryPoller>(std::move(connection->source), "the registry " + url);
    known = poller;
    return poller;
}

RegistryPoller::RegistryPoller(std::unique_ptr<registry::Source> source, std::string name)
    : name_(std::move(name)), loop_(std::make_shared<Loop>()) {
    loop_->source = std::move(source);
    loop_->name = name_;
    thread_ = start_thread("rollcall-lists", [loop = loop_] { loop->run(); });
}

RegistryPoller::~RegistryPoller() {
    {
        const std::lock_guard lock{loop_->mutex};
        loop_->stop.request_stop();
        loop_->changed.notify_all();
    }
    const bool here = thread_.get_id() == std::this_thread::get_id();
    here || rpc::IoThreads::on_io_thread() ? thread_.detach() : thread_.join();
}

void RegistryPoller::add(std::shared_ptr<PolledService> service) {
    const std::lock_guard lock{loop_->mutex};
    loop_->services.push_back(std::move(service));
    loop_->changed.notify_all();
}

void RegistryPoller::remove(const std::shared_ptr<PolledService>& service) {
    const std::lock_guard lock{loop_->mutex};
    std::erase(loop_->services, service);
}

void RegistryPoller::hurry(PolledService& service) {
    const std::lock_guard lock{loop_->mutex};
    service.plan.hurry(SteadyClock::now());
    loop_->changed.notify_all();
}

Result<void> RegistryPoller::refresh(PolledService& service, Deadline deadline) {
    std::unique_lock lock{loop_->mutex};
    const std::uint64_t wanted = service.begun + 1;
    service.plan.demand(SteadyClock::now());
    loop_->changed.notify_all();
    const auto answered = [&] { return service.ended >= wanted; };
    if (deadline.is_never()) {
        loop_->changed.wait(lock, answered);
    } else if (!loop_->changed.wait_until(lock, deadline.point(), answered)) {
        return Error{Errc::timed_out, name_ + " has not answered within the deadline"};
    }
    if (service.failure) return *service.failure;
    return {};
}

}  // namespace rollcall::discovery
