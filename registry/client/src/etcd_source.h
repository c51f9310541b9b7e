#pragma once
// Adapter: reads lists from the keys of an etcd cluster, and watches them.

#include <rollcall/registry/source.h>

#include "etcd_client.h"
#include "etcd_layout.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace rollcall::registry {

// What is known of a service, from one answer to the next.
struct EtcdList {
    std::string index;
    std::string cluster;
    std::int64_t revision = 0;  // of the store, when the list was read
    std::int64_t count = 0;     // of keys, those of no instance included
    std::vector<Instance> instances;
    std::vector<std::string> keys;  // of the instances
    std::set<std::string> leaving;  // keys whose instances have said goodbye since
    bool lost = false;              // empty, and nobody has said goodbye
    bool stale = false;             // what one member knew without a leader
};

// Reads are the cluster's last word; only when it has no leader, what one member knows: all
// instances are then `stale`, because no lease can run out, and nobody can leave or come.
//
// The index is "<cluster>.<hash of the list>". A list that becomes empty although nobody has left
// on purpose (all leases ran out: etcd was stopped, say) has the epoch "<cluster>-lost", so that a
// discovery does not believe it at once.
class EtcdSource final : public Source {
public:
    EtcdSource(const EtcdAccess& access, EtcdLayout layout);

    [[nodiscard]] Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) override;

    [[nodiscard]] std::size_t waits_for() const noexcept override { return 256; }

    // One stream for all of them, from the revision on that they were read at. What changes is read
    // again, so that several changes at once are one, and nothing is missed when a stream ends.
    [[nodiscard]] Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known,
        Duration wait,
        Deadline deadline,
        std::stop_token stop = {}
    ) override;

private:
    enum class Ended { quiet, changed, away };

    // Until a member has begun to answer.
    static constexpr Duration kAnswerTime = std::chrono::seconds{2};

    // Up, or about to be.
    [[nodiscard]] static bool is_here(const Instance& instance);

    [[nodiscard]] Result<Snapshot> read_one(
        const std::string& service, Deadline deadline, const std::stop_token& stop
    );
    // No value: there is no leader, or nobody answers.
    [[nodiscard]] Result<Snapshot> range(
        const std::string& service,
        bool serializable,
        Deadline deadline,
        const std::stop_token& stop
    );
    [[nodiscard]] Result<Snapshot> take(
        const std::string& service,
        const EtcdAnswer& answer,
        bool serializable,
        Deadline deadline,
        const std::stop_token& stop
    );
    // Whether some of those who are not listed any more at `revision` were up and had not said
    // goodbye. Goodbyes that nobody has watched are looked up in etcd's history.
    [[nodiscard]] bool are_lost(
        const std::string& service,
        std::int64_t revision,
        Deadline deadline,
        const std::stop_token& stop
    );
    void replay(
        const std::string& service,
        std::int64_t until,
        Deadline deadline,
        const std::stop_token& stop
    );
    [[nodiscard]] bool any_stale(const std::vector<KnownList>& known);
    // Those of the doubtful ones whose index is another one now.
    [[nodiscard]] Result<std::vector<Snapshot>> read_changed(
        const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
    );

    // Why etcd has ended a watch; if it is not final, another try may do better.
    struct Refusal {
        bool is_final = false;
        std::string why = {};
    };

    // What has changed is in doubt then. An error is that of who may not watch: `overloaded` if it
    // is for want of rights.
    [[nodiscard]] Result<Ended> watch(
        const std::vector<KnownList>& known, Deadline end, const std::stop_token& stop
    );
    // One line of a watch: until when the next one has to come, or nothing to end it there.
    [[nodiscard]] std::optional<Deadline> hear(
        std::string_view text, const std::vector<KnownList>& known, Deadline end, Refusal& refusal
    );
    void doubt_all(const std::vector<KnownList>& known);
    // One change of a key: puts in doubt whom it concerns. Unforeseen is a key that is deleted
    // although its instance has not said goodbye.
    void note(
        const std::vector<KnownList>& known, const EtcdWatchLine::Change& change, bool& unforeseen
    );
    // Whether etcd answers and has as many keys as are known; reads nothing.
    [[nodiscard]] bool still_holds(
        const std::vector<KnownList>& known, Deadline deadline, const std::stop_token& stop
    );

    EtcdClient client_;
    EtcdClient watch_client_;  // its connection is lost whenever a watch is ended
    const EtcdLayout layout_;
    std::map<std::string, EtcdList> lists_;
    std::set<std::string> in_doubt_;            // services to read again, within a wait
    TimePoint quiet_until_ = TimePoint::min();  // news come no faster
};

}  // namespace rollcall::registry
