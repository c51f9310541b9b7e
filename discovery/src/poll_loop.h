#pragma once
// What the thread does that keeps the lists of one registry fresh.

#include <rollcall/registry/source.h>

#include "polled_service.h"
#include "watch_pace.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::discovery {

// Lists that are due are read; in between the registry is watched for all services at a time, where
// it can be. A read that has begun before somebody asked for one does not count for him; those who
// wait share the next one. All but run() from any thread.
class PollLoop {
public:
    PollLoop(std::unique_ptr<registry::Source> source, std::string name)
        : source_(std::move(source)), name_(std::move(name)) {}

    // Until the end. On the loop's thread, which alone uses the source.
    void run();
    // Ends the request under way.
    void stop();

    void add(std::shared_ptr<PolledService> service);
    // Nobody is told of the service any more. If it `may_wait` neither its log nor its file is in
    // use when this returns; otherwise, as on the loop's own thread, the loop soon finds out.
    void remove(const std::shared_ptr<PolledService>& service, bool may_wait);
    void hurry(PolledService& service);
    [[nodiscard]] Result<void> refresh(PolledService& service, Deadline deadline);

private:
    using Services = std::vector<std::shared_ptr<PolledService>>;
    using Answer = Result<std::shared_ptr<const registry::Snapshot>>;
    using Indexes = std::map<std::string, std::string>;  // by the names of services
    class Turn;

    // What to do next: read lists and write files, or watch others until something is due.
    struct Work {
        Services due;
        Services unsaved;
        Services watched;
        TimePoint until = TimePoint::max();
        std::stop_token interrupt;
    };

    // Waits for work; none at the end.
    [[nodiscard]] Work wait_work();
    // Under the lock.
    [[nodiscard]] Work work_at(TimePoint now);
    void choose_watched(Work& work, TimePoint now);
    void ask(PolledService& service);
    void watch(const Work& work);
    // What a wait has brought for each of them.
    void tell_all(
        const Services& watched, const Indexes& asked, Result<std::vector<registry::Snapshot>> news
    );
    void tell(PolledService& service, Answer answer);
    void confirm(PolledService& service, const std::string& index);
    void use_cache(PolledService& service, DiscoveryState& state, TimePoint now);
    void log(PolledService& service, const Error* failure) const;
    void log_unwatched(const Services& watched, const Error& why);
    // The lists of those who ended without waiting.
    void save_left();
    // Under the lock: whoever waits, and the wait under way, look again.
    void interrupt();

    const std::unique_ptr<registry::Source> source_;
    const std::string name_;
    std::stop_source stop_;
    WatchPace pace_;                 // the thread's
    bool logged_unwatched_ = false;  // too

    std::mutex mutex_;
    std::condition_variable changed_;
    Services services_;
    Services left_;                             // ended, but a list may still have to be written
    std::optional<std::stop_source> watching_;  // the wait under way
    const PolledService* in_turn_ = nullptr;    // whose log, file and subscribers are in use
    TimePoint no_watch_before_ = TimePoint::min();
};

}  // namespace rollcall::discovery
