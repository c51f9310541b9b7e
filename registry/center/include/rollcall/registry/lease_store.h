#pragma once
// Who is listed, and until when: the registry without its network.

#include <rollcall/base/clock.h>
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

struct LeaseStoreOptions {
    std::chrono::milliseconds ttl = std::chrono::seconds{15};  // of instances that name none
    std::size_t instances_max = 100'000;                       // more are refused
    std::size_t bytes_max = 512 * 1024 * 1024;  // that all texts of all instances take together
    std::size_t replaced_max = 65'536;  // remembered replaced incarnations; the oldest go first
};

// Lookup of std::string keys by std::string_view.
struct StringHash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

// One instance with its lease.
struct LeaseRecord {
    Instance instance;
    TimePoint registered{};
    TimePoint renewed{};
    TimePoint expires{};
    TimePoint armed{};        // when expire() looks at it next; never later than `expires`
    bool made_nonce = false;  // the registrar gave no incarnation
};

struct ServiceRecord {
    std::unordered_map<std::string, std::unique_ptr<LeaseRecord>, StringHash, std::equal_to<>>
        instances;            // by id
    std::uint64_t index = 0;  // the number of the last change to one of them
    std::size_t up = 0;       // with effective status up
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

    // An empty incarnation speaks for whoever is listed.
    BeatOutcome renew(
        std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
    );

    enum class RemoveOutcome { removed, unknown, replaced };

    // An empty incarnation removes whoever is listed; another one only its own entry.
    RemoveOutcome remove(
        std::string_view service, std::string_view id, std::string_view incarnation
    );

    enum class ModifyOutcome { modified, unknown, full };

    // Other data for a listed instance, without a renewal.
    ModifyOutcome modify(const Instance& instance);

    // Takes off the list what has not been renewed in time, and returns it.
    std::vector<Instance> expire(TimePoint now);

    // All leases last so much longer: for so long nobody could renew any.
    void postpone(Duration by);

    // Null if the service has no instances.
    [[nodiscard]] const ServiceRecord* find(std::string_view service) const;
    [[nodiscard]] const LeaseRecord* find(std::string_view service, std::string_view id) const;

    [[nodiscard]] const Services& services() const noexcept { return services_; }

    [[nodiscard]] std::size_t instance_count() const noexcept { return count_; }

    // That all instances take together, roughly.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    // The number of the last change to anything: what a list shows. A renewal is no change.
    [[nodiscard]] std::uint64_t index() const noexcept { return index_; }

    // Of one service; 0 while it has no instances.
    [[nodiscard]] std::uint64_t index(std::string_view service) const;

private:
    LeaseRecord* find_record(std::string_view service, std::string_view id);
    Registration create(Instance instance, TimePoint now);
    void extend(LeaseRecord& record, TimePoint now);
    // False, and nothing is changed, if there is no room.
    [[nodiscard]] bool store(LeaseRecord& record, Instance instance);
    void erase(LeaseRecord& record);

    void changed(ServiceRecord& service) { service.index = ++index_; }

    void remember_replaced(const Instance& loser);
    [[nodiscard]] bool was_replaced(
        std::string_view service, std::string_view id, std::string_view incarnation
    ) const;

    LeaseStoreOptions options_;
    Services services_;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t index_ = 0;
    std::set<std::pair<TimePoint, LeaseRecord*>> armed_;
    std::unordered_set<std::string> replaced_;
    std::deque<std::string> replaced_order_;
};

}  // namespace rollcall::registry
