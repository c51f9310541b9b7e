#pragma once
// Adapter: Redis, in which an instance is a key that expires.
//
//   <prefix><service>:<id>     the instance as JSON, with the lease as its time to live
//   <prefix><service>          a sorted set of the ids by the end of their leases, in milliseconds
//                              of Redis's clock: what is read instead of looking through all keys
//   <prefix><service>          as a channel: an id is published when its instance changes
//   <prefix>~replaced:<service>:<id>:<incarnation>   for an hour: this process is not to come back

#include <rollcall/registry/announcer.h>
#include <rollcall/registry/source.h>

#include "redis_link.h"

#include <map>
#include <set>

namespace rollcall::registry {

class RedisAnnouncer final : public Announcer {
public:
    // Dials nothing yet.
    explicit RedisAnnouncer(const RedisOptions& options);

    [[nodiscard]] Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop = {}
    ) override;
    [[nodiscard]] Result<Lease> renew(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<void> withdraw(Deadline deadline, std::stop_token stop = {}) override;
    [[nodiscard]] Result<std::string> local_address(Deadline deadline, std::stop_token stop = {})
        override;

private:
    [[nodiscard]] Result<std::string> run(
        std::string_view script,
        const Instance& instance,
        Deadline deadline,
        const std::stop_token& stop
    );
    [[nodiscard]] Lease lease() const;

    const RedisOptions options_;
    RedisLink link_;
    std::vector<Instance> announced_;
    // The incarnations that Redis has taken: another one in their place is newer.
    std::map<std::string, std::string> taken_;
};

// Its index has no epoch, so that an empty list is not believed at once: Redis that was stopped for
// longer than the leases, was emptied or has lost its primary is the same process as before.
// Entries that are no instances are left out; if nothing else is there, that is an error.
class RedisSource final : public Source {
public:
    explicit RedisSource(const RedisOptions& options);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

    [[nodiscard]] std::size_t waits_for() const noexcept override { return 256; }

    // Subscribes, and reads what something is published of, 20 times a second at most. Looks at all
    // for leases that have ended, of which nobody tells, three times per lease. Redis that does not
    // let it subscribe is `overloaded`.
    [[nodiscard]] Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known,
        Duration wait,
        Deadline deadline,
        std::stop_token stop = {}
    ) override;

private:
    [[nodiscard]] Result<Snapshot> read_one(
        const std::string& service, Deadline deadline, const std::stop_token& stop
    );
    // Reads those that it is not sure of.
    [[nodiscard]] Result<std::vector<Snapshot>> changed(
        const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
    );
    [[nodiscard]] Result<void> subscribe(
        const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
    );
    // Until something is published, or the deadline.
    [[nodiscard]] Result<void> listen(Deadline deadline, const std::stop_token& stop);
    void note(const RedisReply& reply);
    [[nodiscard]] Result<std::string> channel_of(const std::string& service) const;

    const RedisOptions options_;
    RedisLink link_;
    RedisLink news_;  // a connection that subscribes can do nothing else
    std::set<std::string> channels_;
    // By channel, the indices of lists that were read since it is subscribed to, and of which
    // nothing has been published since.
    std::map<std::string, std::string> sure_;
    TimePoint next_look_ = TimePoint::min();    // at all of them
    TimePoint quiet_until_ = TimePoint::min();  // news are read no faster
};

}  // namespace rollcall::registry
