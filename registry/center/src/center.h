#pragma once
// What the faces of the registry share: the store, its cached lists and the rules of this server.

#include <rollcall/base/clock.h>
#include <rollcall/registry/lease_store.h>
#include <rollcall/registry/registry_server.h>
#include <rollcall/registry/validation.h>

#include "counters.h"
#include "lists.h"
#include "server_lists.h"
#include "snapshot_keeper.h"
#include "watch_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::registry {

// What a watcher of events waits for; no service has such a name, nor that of all of them.
inline constexpr std::string_view kEventsKey = "!";

// Only on the server's I/O thread.
struct Center {
    // Throws std::invalid_argument for options that make no sense.
    explicit Center(RegistryServerOptions given);

    Center(const Center&) = delete;
    Center& operator=(const Center&) = delete;

    const RegistryServerOptions options;
    const InstanceLimits limits;
    const std::string epoch;  // of this memory: a registry that restarts has another
    LeaseStore store;
    Lists lists;
    ServerLists servers;
    WatchTable watches;  // keys: services, kAllServices and kEventsKey
    Counters counters;
    std::unique_ptr<SnapshotKeeper> keeper;  // none: memory only
    TimePoint started{};

    // Restores what a former process knew. Before anything is served.
    void start(TimePoint now);
    // After the last request: the list goes to disk.
    void finish(TimePoint now);

    // A registry that remembers its servers need not wait for them.
    [[nodiscard]] bool warming_up(TimePoint now) const {
        return !remembers_ && now < started + options.warmup;
    }

    // Through the store, counted; refusals are logged.
    LeaseStore::Registration put(Instance instance, TimePoint now);
    LeaseStore::Renewal renew(
        std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
    );
    // Takes what has expired off the list. If it comes much later than it should (the process was
    // stopped, or the machine slept), nobody could renew meanwhile, so all leases last longer.
    void sweep(TimePoint now);

    // Logs, counts and touches the watches of what has changed since the last time.
    void publish(TimePoint now);

    // How often sweep() should run.
    [[nodiscard]] Duration sweep_interval() const;

private:
    void log(const Change& change) const;
    void count(ChangeKind kind);

    TimePoint last_sweep_{};
    std::uint64_t published_ = 0;
    bool remembers_ = false;
};

}  // namespace rollcall::registry
