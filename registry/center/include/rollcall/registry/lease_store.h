#pragma once
// Who is listed, and until when: the registry without its network.

#include <rollcall/base/clock.h>
#include <rollcall/registry/change_log.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rollcall::registry {

// When a service's leases run out so many at a time that rather the network failed than the
// servers, they are held: listed on, as stale.
struct HoldRule {
    std::size_t least = 5;  // late instances of one service, and
    int percent = 15;       // more than this part of the service
    int ttls = 10;          // held for so many leases at most; 0: never hold
};

struct LeaseStoreOptions {
    std::chrono::milliseconds ttl = std::chrono::seconds{15};  // of instances that name none
    std::size_t instances_max = 100'000;                       // more are refused
    std::size_t bytes_max = 512 * 1024 * 1024;  // that all texts of all instances take together
    std::size_t replaced_max = 65'536;  // remembered replaced incarnations; the oldest go first
    std::size_t changes_max = 16'384;   // remembered changes; the oldest go first
    HoldRule hold = {};
};

// Lookup of std::string keys by std::string_view. Not noexcept: libstdc++ then keeps the hash
// beside each key, and a lookup need not read the neighbours' keys.
struct StringHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

// One instance with its lease.
struct LeaseRecord {
    std::shared_ptr<const Instance> instance;  // shared with readers; replaced, never changed
    TimePoint registered{};
    TimePoint renewed{};
    TimePoint expires{};
    TimePoint armed{};        // when expire() looks at it next; never later than `expires`
    bool made_nonce = false;  // the registrar gave no incarnation

    // Copies of what a heartbeat asks of the instance, so that it need not be read from memory.
    bool held = false;
    Duration ttl{};
    std::string incarnation;
};

struct ServiceRecord {
    std::unordered_map<std::string, LeaseRecord, StringHash, std::equal_to<>> instances;  // by id
    std::uint64_t index = 0;  // the number of the last change to one of them
    std::size_t up = 0;       // with effective status up
    std::size_t held = 0;     // listed as stale
};

// A pure table: every decision takes `now`, nothing is read from a clock, nothing is sent. A
// heartbeat costs two lookups, whatever the number of instances: it only moves the time at which
// the lease ends; expire() arms it anew when it comes across it, once per lease.
//
// One entry per service and id. A put always wins over the process that has the entry; the nonce
// (incarnation) of the loser is remembered, never wins again, and can neither renew nor remove.
// Thread safety: one thread at a time. Pointers are valid until the next change.
class LeaseStore {
public:
    using Services = std::unordered_map<std::string, ServiceRecord, StringHash, std::equal_to<>>;

    explicit LeaseStore(LeaseStoreOptions options = {});

    enum class PutOutcome {
        created,    // was not listed
        renewed,    // the same process with the same data
        updated,    // the same process with other data
        took_over,  // another process had the id
        replaced,   // refused: this incarnation was replaced before
        full,       // refused: instances_max or bytes_max
    };

    struct Registration {
        PutOutcome outcome;
        const LeaseRecord* record;  // null if refused
    };

    // Registers a valid instance and renews its lease. Fills in ttl and incarnation if there are
    // none, and keeps the operator's override_status if the instance has none.
    Registration put(Instance instance, TimePoint now);

    enum class BeatOutcome { renewed, missing, replaced };

    struct Renewal {
        BeatOutcome outcome;
        const LeaseRecord* record;  // null unless renewed
    };

    // An empty incarnation speaks for whoever is listed.
    Renewal renew(
        std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
    );

    enum class RemoveOutcome { removed, unknown, replaced };

    // An empty incarnation removes whoever is listed; another one only its own entry.
    RemoveOutcome remove(
        std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
    );

    enum class ModifyOutcome { modified, unknown, full };

    // Other data for a listed instance, without a renewal.
    ModifyOutcome modify(Instance instance, TimePoint now);

    // Lists what was listed before a restart, with a whole lease from now on; ignored if the id is
    // listed already or there is no room.
    void restore(const LeaseRecord& record, TimePoint now);

    // What has not been renewed in time is taken off the list, or held.
    void expire(TimePoint now);

    // Takes off the list what is held of the service, and returns how many those were.
    std::size_t end_hold(std::string_view service, TimePoint now);

    // All leases last so much longer: for so long nobody could renew any.
    void postpone(Duration by);

    // Null if the service has no instances.
    [[nodiscard]] const ServiceRecord* find(std::string_view service) const;
    [[nodiscard]] const LeaseRecord* find(std::string_view service, std::string_view id) const;

    [[nodiscard]] const Services& services() const noexcept { return services_; }

    [[nodiscard]] std::size_t instance_count() const noexcept { return count_; }

    // Listed as stale, of all services.
    [[nodiscard]] std::size_t held_count() const noexcept { return held_; }

    // That all instances take together, roughly.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    // The number of the last change to anything: what a list shows. A renewal is no change.
    [[nodiscard]] std::uint64_t index() const noexcept { return changes_.last(); }

    [[nodiscard]] const ChangeLog& changes() const noexcept { return changes_; }

    // Of one service; 0 while it has no instances.
    [[nodiscard]] std::uint64_t index(std::string_view service) const;

    // The replaced incarnations remembered, oldest first, as texts for remember_replaced().
    [[nodiscard]] const std::deque<std::string>& replaced() const noexcept {
        return replaced_order_;
    }

    // Restores one of them.
    void remember_replaced(std::string key);

private:
    LeaseRecord* find_record(std::string_view service, std::string_view id);
    Registration create(Instance instance, TimePoint now);
    Registration take_over(LeaseRecord& record, Instance instance, bool nameless, TimePoint now);
    LeaseRecord& insert(LeaseRecord record, ChangeKind kind, TimePoint now);
    static void adopt(LeaseRecord& record, std::shared_ptr<const Instance> instance);
    void extend(LeaseRecord& record, TimePoint now);
    void arm(LeaseRecord& record, TimePoint when);
    void disarm(LeaseRecord& record);
    // False, and nothing is changed, if there is no room.
    [[nodiscard]] bool store(
        LeaseRecord& record, Instance instance, ChangeKind kind, TimePoint now
    );
    void erase(LeaseRecord& record, ChangeKind kind, TimePoint now);

    [[nodiscard]] bool has_mass_lapse(const ServiceRecord& service, TimePoint now) const;
    void hold(LeaseRecord& record, TimePoint now);
    void release(LeaseRecord& record, TimePoint now);
    void count(ServiceRecord& service, const Instance& instance, int sign);
    void changed(
        ServiceRecord& service,
        ChangeKind kind,
        std::shared_ptr<const Instance> instance,
        TimePoint now
    );

    [[nodiscard]] bool was_replaced(
        std::string_view service, std::string_view id, std::string_view incarnation
    ) const;

    LeaseStoreOptions options_;
    Services services_;
    std::size_t count_ = 0;
    std::size_t held_ = 0;
    std::size_t bytes_ = 0;
    ChangeLog changes_;
    std::set<std::pair<TimePoint, LeaseRecord*>> armed_;
    std::unordered_set<std::string> replaced_;
    std::deque<std::string> replaced_order_;
};

}  // namespace rollcall::registry
