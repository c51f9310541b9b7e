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
#include <utility>

namespace rollcall::discovery {
namespace {

constexpr Duration kShortestWait = std::chrono::milliseconds{20};  // a shorter one is not worth it
constexpr Duration kLongestWait = std::chrono::seconds{50};        // registries cut longer ones
constexpr int kWaitSlack = 8;  // part of a wait by which a registry may lengthen it
constexpr Duration kWatchPause = std::chrono::seconds{10};  // when it has no room for watchers

}  // namespace

PolledService::PolledService(std::string_view name, const RegistryDiscoveryOptions& asked)
    : service(name),
      options(asked),
      plan({asked.refresh, asked.hurry_gap, asked.empty_hold}, SteadyClock::now()) {
    if (!asked.cache_file.empty()) cache.emplace(asked.cache_file, asked.cache_age, asked.log);
}

struct RegistryPoller::Loop {
    using Services = std::vector<std::shared_ptr<PolledService>>;

    // What to do next: read lists, or watch others until somebody's is due.
    struct Work {
        Services due;
        Services watched;
        TimePoint until = TimePoint::max();
        std::stop_token interrupt;
    };

    void run();
    // Waits for work; none at the end.
    [[nodiscard]] Work wait_work();
    void choose_watched(Work& work, TimePoint now);
    void ask(PolledService& service);
    void watch(Work& work);
    // What a wait has brought for each of them.
    void tell_all(const Services& watched, Result<std::vector<registry::Snapshot>> news);
    void tell(PolledService& service, Result<registry::Snapshot> answer);
    void confirm(PolledService& service);
    void use_cache(PolledService& service, DiscoveryState& state, TimePoint now);
    void log(PolledService& service, const Error* failure) const;
    // Under the lock: whoever waits, and the wait under way, look again.
    void interrupt();

    std::unique_ptr<registry::Source> source;
    std::string name;
    std::stop_source stop;

    std::mutex mutex;
    std::condition_variable changed;
    Services services;
    std::optional<std::stop_source> watching;  // the wait under way
    TimePoint no_watch_before = TimePoint::min();
};

void RegistryPoller::Loop::run() {
    while (!stop.stop_requested()) {
        Work work = wait_work();
        for (const auto& service : work.due) {
            if (!stop.stop_requested()) ask(*service);
        }
        if (!work.watched.empty()) watch(work);
    }
}

RegistryPoller::Loop::Work RegistryPoller::Loop::wait_work() {
    std::unique_lock lock{mutex};
    while (!stop.stop_requested()) {
        const TimePoint now = SteadyClock::now();
        Work work;
        for (const auto& service : services) {
            if (service->plan.due() <= now) {
                ++service->begun;
                service->plan.on_begin();
                work.due.push_back(service);
            } else {
                work.until = std::min(work.until, service->plan.due());
            }
        }
        if (!work.due.empty()) return work;
        choose_watched(work, now);
        if (!work.watched.empty()) return work;
        work.until == TimePoint::max() ? changed.wait(lock)
                                       : void(changed.wait_until(lock, work.until));
    }
    return {};
}

// Those of which there is a list that is believed. One that has just been refused would only come
// again at once.
void RegistryPoller::Loop::choose_watched(Work& work, TimePoint now) {
    const std::size_t most = source->waits_for();
    if (most == 0 || now < no_watch_before || work.until - now < kShortestWait) return;
    for (const auto& service : services) {
        if (work.watched.size() == most) break;
        const auto state = service->state.lock();
        const auto list = state ? state->snapshot() : nullptr;
        const bool is_known = list && list->origin == registry::Origin::registry;
        if (service->failure || !is_known || list->index.empty()) continue;
        service->watched = true;
        work.watched.push_back(service);
    }
    if (work.watched.empty()) return;
    watching.emplace();
    work.interrupt = watching->get_token();
}

void RegistryPoller::Loop::interrupt() {
    changed.notify_all();
    if (watching) watching->request_stop();
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

void RegistryPoller::Loop::watch(Work& work) {
    std::vector<registry::KnownList> known;
    Duration patience{0};
    for (const auto& service : work.watched) {
        const auto state = service->state.lock();
        const auto list = state ? state->snapshot() : nullptr;
        known.push_back({service->service, list ? list->index : std::string{}});
        patience = std::max<Duration>(patience, service->options.request_timeout);
    }
    const TimePoint now = SteadyClock::now();
    const Duration wait = std::min<Duration>(work.until - now, kLongestWait);
    const Deadline deadline = Deadline::in(wait + wait / kWaitSlack + patience, now);
    auto news = catching(Errc::registry_failed, [&] {
        return source->wait(known, wait, deadline, work.interrupt);
    });
    {
        const std::lock_guard lock{mutex};
        watching.reset();
        for (const auto& service : work.watched)
            service->watched = false;
    }
    // Somebody has something more urgent; nobody has failed.
    if (work.interrupt.stop_requested() && !news) return;
    tell_all(work.watched, std::move(news));
}

void RegistryPoller::Loop::tell_all(
    const Services& watched, Result<std::vector<registry::Snapshot>> news
) {
    if (!news && news.error().code() == Errc::overloaded) {
        // It answers reads, but has no room for one who waits.
        const std::lock_guard lock{mutex};
        no_watch_before = SteadyClock::now() + kWatchPause;
        return;
    }
    for (const auto& service : watched) {
        if (!news) {
            tell(*service, news.error());
            continue;
        }
        const auto mine = std::find_if(news->begin(), news->end(), [&](const auto& each) {
            return each.service == service->service;
        });
        mine == news->end() ? confirm(*service) : tell(*service, std::move(*mine));
    }
}

void RegistryPoller::Loop::confirm(PolledService& service) {
    const TimePoint now = SteadyClock::now();
    if (const auto state = service.state.lock()) state->confirm(now);
    const std::lock_guard lock{mutex};
    service.plan.on_confirmed(now, random_unit());
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
        const bool is_new = !current || current->index.empty() || current->index != answer->index;
        auto list = std::make_shared<const registry::Snapshot>(std::move(*answer));
        // First, so that a reader who is woken may end the discovery at once.
        if (is_new && service.cache) service.cache->write(*list);
        state->publish(list, now);
    } else if (state && !stop.stop_requested()) {
        if (!current) use_cache(service, *state, now);
        state->fail(answer.error(), now);
    }
    log(service, answer ? nullptr : &answer.error());
    // After the publication, so that whoever waited for this finds the list in place.
    const std::lock_guard lock{mutex};
    // News of the watch answer no request that was asked for.
    service.ended = service.begun;
    if (answer) {
        service.failure.reset();
        service.plan.on_answer(now, random_unit());
    } else {
        service.failure = answer.error();
        service.plan.on_failure(now, random_unit());
    }
    changed.notify_all();
}

// What a former process knew, for as long as the registry has not said anything.
void RegistryPoller::Loop::use_cache(PolledService& service, DiscoveryState& state, TimePoint now) {
    if (!service.cache || std::exchange(service.looked_in_cache, true)) return;
    if (auto list = service.cache->read(now)) {
        service.options.log.warning(
            name + " does not answer; the list of '" + service.service + "' is that of the file '" +
            service.cache->path() + "'"
        );
        state.publish(std::make_shared<const registry::Snapshot>(*std::move(list)), now);
    }
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
    if (!connection->source)
        throw std::invalid_argument{
            "'" + registry::without_password(url) + "' has no lists to read"};
    poller = std::make_shared<RegistryPoller>(
        std::move(connection->source), "the registry " + registry::without_password(url)
    );
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
        loop_->interrupt();
    }
    const bool here = thread_.get_id() == std::this_thread::get_id();
    here || rpc::IoThreads::on_io_thread() ? thread_.detach() : thread_.join();
}

void RegistryPoller::add(std::shared_ptr<PolledService> service) {
    const std::lock_guard lock{loop_->mutex};
    loop_->services.push_back(std::move(service));
    loop_->interrupt();
}

void RegistryPoller::remove(const std::shared_ptr<PolledService>& service) {
    const std::lock_guard lock{loop_->mutex};
    std::erase(loop_->services, service);
}

void RegistryPoller::hurry(PolledService& service) {
    const std::lock_guard lock{loop_->mutex};
    // What is watched comes as soon as there is anything.
    if (service.watched) return;
    service.plan.hurry(SteadyClock::now());
    loop_->interrupt();
}

Result<void> RegistryPoller::refresh(PolledService& service, Deadline deadline) {
    std::unique_lock lock{loop_->mutex};
    const std::uint64_t wanted = service.begun + 1;
    service.plan.demand(SteadyClock::now());
    loop_->interrupt();
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
