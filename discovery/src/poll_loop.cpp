#include "poll_loop.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/random.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace rollcall::discovery {
namespace {

constexpr Duration kShortestWait = std::chrono::milliseconds{20};  // a shorter one is not worth it
constexpr Duration kLongestWait = std::chrono::seconds{50};        // registries cut longer ones
constexpr int kWaitSlack = 8;  // part of a wait by which a registry may lengthen it
constexpr Duration kWatchPause = std::chrono::seconds{10};  // when it has no room for watchers

// Each name once: a registry answers with one list for it. Without an index, which brings the list
// at once, if two discoveries of the service do not have the same.
template <class Services>
std::map<std::string, std::string> indexes_of(const Services& watched) {
    std::map<std::string, std::string> indexes;
    for (const auto& service : watched) {
        const auto list = service->state->snapshot();
        const std::string index = list ? list->index : std::string{};
        const auto [at, is_first] = indexes.emplace(service->service, index);
        if (!is_first && at->second != index) at->second.clear();
    }
    return indexes;
}

}  // namespace

// While it lasts, the discovery's end waits for it.
class PollLoop::Turn {
public:
    Turn(PollLoop& loop, const PolledService& service) : loop_(loop) {
        const std::lock_guard lock{loop_.mutex_};
        has_begun_ = !service.is_over;
        if (has_begun_) loop_.in_turn_ = &service;
    }

    ~Turn() {
        const std::lock_guard lock{loop_.mutex_};
        loop_.in_turn_ = nullptr;
        loop_.changed_.notify_all();
    }

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // False if the discovery has ended.
    [[nodiscard]] bool has_begun() const { return has_begun_; }

private:
    PollLoop& loop_;
    bool has_begun_ = false;
};

// ---- the thread

void PollLoop::run() {
    while (!stop_.stop_requested()) {
        const Work work = wait_work();
        for (const auto& service : work.due) {
            if (!stop_.stop_requested()) ask(*service);
        }
        for (const auto& service : work.unsaved) {
            const Turn turn{*this, *service};
            if (turn.has_begun()) service->cache->write();
        }
        save_left();
        if (!work.watched.empty()) watch(work);
    }
    save_left();
}

PollLoop::Work PollLoop::wait_work() {
    std::unique_lock lock{mutex_};
    while (!stop_.stop_requested()) {
        const TimePoint now = SteadyClock::now();
        Work work = work_at(now);
        const bool is_some = !work.due.empty() || !work.unsaved.empty() || !left_.empty();
        if (is_some) return work;
        const TimePoint watch_at = std::max(no_watch_before_, pace_.next());
        if (now >= watch_at) choose_watched(work, now);
        if (!work.watched.empty()) return work;
        const TimePoint until = now < watch_at ? std::min(work.until, watch_at) : work.until;
        until == TimePoint::max() ? changed_.wait(lock) : void(changed_.wait_until(lock, until));
    }
    return {};
}

PollLoop::Work PollLoop::work_at(TimePoint now) {
    Work work;
    for (const auto& service : services_) {
        if (service->plan.due() <= now) {
            ++service->begun;
            service->plan.on_begin();
            work.due.push_back(service);
        } else {
            work.until = std::min(work.until, service->plan.due());
        }
        if (!service->cache) continue;
        if (service->cache->due() <= now) {
            work.unsaved.push_back(service);
        } else {
            work.until = std::min(work.until, service->cache->due());
        }
    }
    return work;
}

// Those of which there is a list that is believed. One that has just been refused would only come
// again at once.
void PollLoop::choose_watched(Work& work, TimePoint now) {
    const std::size_t most = source_->waits_for();
    if (most == 0 || work.until - now < kShortestWait) return;
    std::set<std::string_view> names;
    for (const auto& service : services_) {
        const auto list = service->state->snapshot();
        const bool is_known = list && list->origin == registry::Origin::registry;
        if (service->failure || !is_known || list->index.empty()) continue;
        if (names.size() == most && !names.contains(service->service)) continue;
        names.insert(service->service);
        service->watched = true;
        work.watched.push_back(service);
    }
    if (work.watched.empty()) return;
    watching_.emplace();
    work.interrupt = watching_->get_token();
}

void PollLoop::ask(PolledService& service) {
    auto snapshots = catching(Errc::registry_failed, [&] {
        return source_->read(
            {service.service}, Deadline::in(service.options.request_timeout), stop_.get_token()
        );
    });
    if (!snapshots) return tell(service, snapshots.error());
    if (snapshots->empty()) {
        return tell(service, Error{Errc::registry_failed, name_ + " answered with no list at all"});
    }
    tell(service, std::make_shared<const registry::Snapshot>(std::move(snapshots->front())));
}

void PollLoop::watch(const Work& work) {
    const Indexes indexes = indexes_of(work.watched);
    std::vector<registry::KnownList> known;
    for (const auto& [name, index] : indexes)
        known.push_back({name, index});
    Duration patience{0};
    for (const auto& service : work.watched)
        patience = std::max<Duration>(patience, service->options.request_timeout);
    const TimePoint begin = SteadyClock::now();
    // What is due in between, while this thread had to wait for its turn, must not make it
    // negative.
    const Duration wait = std::clamp(work.until - begin, Duration::zero(), kLongestWait);
    const Deadline deadline = Deadline::in(wait + wait / kWaitSlack + patience, begin);
    auto news = catching(Errc::registry_failed, [&] {
        return source_->wait(known, wait, deadline, work.interrupt);
    });
    {
        const std::lock_guard lock{mutex_};
        watching_.reset();
        for (const auto& service : work.watched)
            service->watched = false;
    }
    const bool is_empty = !news || news->empty();
    // Somebody has something more urgent; nobody has failed.
    if (work.interrupt.stop_requested() && is_empty) return;
    const TimePoint end = SteadyClock::now();
    if (!is_empty || end - begin + kShortestWait < wait) pace_.on_early_end(end);
    tell_all(work.watched, indexes, std::move(news));
}

void PollLoop::tell_all(
    const Services& watched, const Indexes& asked, Result<std::vector<registry::Snapshot>> news
) {
    if (!news && news.error().code() == Errc::overloaded) {
        // It answers reads, but has no room for one who waits, or does not allow it.
        log_unwatched(watched, news.error());
        const std::lock_guard lock{mutex_};
        no_watch_before_ = SteadyClock::now() + kWatchPause;
        return;
    }
    if (!news) {
        for (const auto& service : watched)
            tell(*service, news.error());
        return;
    }
    logged_unwatched_ = false;
    std::map<std::string, std::shared_ptr<const registry::Snapshot>> lists;
    for (registry::Snapshot& list : *news) {
        const std::string name = list.service;
        lists[name] = std::make_shared<const registry::Snapshot>(std::move(list));
    }
    for (const auto& service : watched) {
        const auto mine = lists.find(service->service);
        mine == lists.end() ? confirm(*service, asked.at(service->service))
                            : tell(*service, mine->second);
    }
}

// The list with the index that was asked about is still the newest. One who has another meanwhile
// has to ask.
void PollLoop::confirm(PolledService& service, const std::string& index) {
    const Turn turn{*this, service};
    if (!turn.has_begun()) return;
    const TimePoint now = SteadyClock::now();
    const auto list = service.state->snapshot();
    const bool is_it = list && list->index == index;
    if (is_it) service.state->confirm(now);
    const std::lock_guard lock{mutex_};
    is_it ? service.plan.on_confirmed(now, random_unit()) : service.plan.demand(now);
}

void PollLoop::tell(PolledService& service, Answer answer) {
    const Turn turn{*this, service};
    if (!turn.has_begun()) return;
    const TimePoint now = SteadyClock::now();
    DiscoveryState& state = *service.state;
    const auto current = state.snapshot();
    if (answer && !service.plan.believes(current.get(), **answer, now)) {
        answer = Error{
            Errc::registry_failed,
            name_ + " has started anew and lists nothing; the list before is kept for a while"};
    }
    if (answer) {
        const auto& index = (*answer)->index;
        const bool is_new = !current || current->index.empty() || current->index != index;
        // First, so that a reader who is woken may end the discovery at once. A disk that hangs
        // must not keep the list from anybody: it is written later.
        if (is_new && service.cache) service.cache->keep(*answer);
        state.publish(*answer, now);
    } else if (!stop_.stop_requested()) {
        if (!current) use_cache(service, state, now);
        state.fail(answer.error(), now);
    }
    log(service, answer ? nullptr : &answer.error());
    // After the publication, so that whoever waited for this finds the list in place.
    const std::lock_guard lock{mutex_};
    // News of the watch answer no request that was asked for.
    service.ended = service.begun;
    if (answer) {
        service.failure.reset();
        service.plan.on_answer(now, random_unit());
    } else {
        service.failure = answer.error();
        service.plan.on_failure(now, random_unit());
    }
    changed_.notify_all();
}

// What a former process knew, for as long as the registry has not said anything.
void PollLoop::use_cache(PolledService& service, DiscoveryState& state, TimePoint now) {
    if (!service.cache || std::exchange(service.looked_in_cache, true)) return;
    if (auto list = service.cache->read(now)) {
        service.options.log.warning(
            name_ + " does not answer; the list of '" + service.service +
            "' is that of the file '" + service.cache->path() + "'"
        );
        state.publish(std::make_shared<const registry::Snapshot>(*std::move(list)), now);
    }
}

void PollLoop::log(PolledService& service, const Error* failure) const {
    if (stop_.stop_requested() || service.logged_failure == (failure != nullptr)) return;
    service.logged_failure = failure != nullptr;
    if (failure != nullptr) {
        service.options.log.warning(
            "the list of '" + service.service +
            "' cannot be renewed, the last one is served: " + failure->message()
        );
    } else {
        service.options.log.warning(
            "the list of '" + service.service + "' is renewed again by " + name_
        );
    }
}

void PollLoop::log_unwatched(const Services& watched, const Error& why) {
    if (std::exchange(logged_unwatched_, true)) return;
    for (const auto& service : watched) {
        const Turn turn{*this, *service};
        if (!turn.has_begun()) continue;
        service->options.log.info(
            "the list of '" + service->service + "' is read on time for now, " + name_ +
            " does not let it be watched: " + why.message()
        );
    }
}

void PollLoop::save_left() {
    Services left;
    {
        const std::lock_guard lock{mutex_};
        left.swap(left_);
    }
    for (const auto& service : left)
        service->cache->write();
}

}  // namespace rollcall::discovery
