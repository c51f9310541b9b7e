#pragma once
// What the handles of one discovery share.

#include <rollcall/discovery/candidates.h>
#include <rollcall/discovery/discovery.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace rollcall::discovery {

// The instances of a list that take calls; the stale ones only if there are no others.
struct Takers {
    std::shared_ptr<const registry::Snapshot> snapshot;  // which has the instances
    std::vector<Candidate> members;                      // sorted by id
    std::uint64_t version = 0;                           // see Candidates
};

// The published snapshot with everybody who wants to know of it. The lock is held for copies of
// pointers and never while a subscriber is called.
class DiscoveryState {
public:
    // `subject` says in sentences whose list this is: "the list of servers".
    explicit DiscoveryState(std::string subject) : subject_(std::move(subject)) {}

    DiscoveryState(const DiscoveryState&) = delete;
    DiscoveryState& operator=(const DiscoveryState&) = delete;
    virtual ~DiscoveryState() = default;

    // Asks the source and waits for its answer.
    [[nodiscard]] virtual Result<void> refresh(Deadline /*deadline*/) { return {}; }

    virtual void hurry() {}

    // A new list, or the old one confirmed.
    void publish(std::shared_ptr<const registry::Snapshot> snapshot, TimePoint now);
    // The source says that the list is still the same.
    void confirm(TimePoint now);
    void fail(Error error, TimePoint now);

    [[nodiscard]] std::shared_ptr<const registry::Snapshot> snapshot() const;
    // The first list, waiting for it until `deadline` (on an I/O thread not at all).
    [[nodiscard]] Result<std::shared_ptr<const registry::Snapshot>> wait_snapshot(Deadline deadline
    );
    [[nodiscard]] DiscoveryStatus status(TimePoint now) const;
    [[nodiscard]] std::string why_none(TimePoint now) const;
    [[nodiscard]] Subscription subscribe(std::function<void()> changed);
    // Who of `snapshot`, which was this state's, takes calls: found out once for each list.
    [[nodiscard]] std::shared_ptr<const Takers> takers(
        std::shared_ptr<const registry::Snapshot> snapshot
    );
    // How many subscriptions are kept in mind; some may have ended.
    [[nodiscard]] std::size_t subscriptions() const;
    // The selector of get(), which lives as long as the state.
    [[nodiscard]] Selector& selector(SelectMode mode);

private:
    using Listener = std::function<void()>;

    void tell();

    const std::string subject_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const registry::Snapshot> snapshot_;
    TimePoint confirmed_{};
    std::optional<Error> error_;
    TimePoint failing_since_{};
    std::list<std::weak_ptr<const Listener>> listeners_;
    std::size_t forget_at_ = 16;  // listeners, those that have ended
    std::shared_ptr<const Takers> takers_;
    std::uint64_t takers_made_ = 0;
    std::map<SelectMode, std::shared_ptr<Selector>> selectors_;  // of get()
};

}  // namespace rollcall::discovery
