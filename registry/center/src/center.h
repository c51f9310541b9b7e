#pragma once
// What the faces of the registry share: the store, its cached lists and the rules of this server.

#include <rollcall/base/clock.h>
#include <rollcall/registry/lease_store.h>
#include <rollcall/registry/registry_server.h>
#include <rollcall/registry/validation.h>

#include "counters.h"
#include "lists.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rollcall::registry {

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
    Counters counters;
    TimePoint started{};

    [[nodiscard]] bool warming_up(TimePoint now) const { return now < started + options.warmup; }

    // Through the store, counted; refusals are logged.
    LeaseStore::Registration put(Instance instance, TimePoint now);
    LeaseStore::BeatOutcome renew(
        std::string_view service, std::string_view id, std::string_view incarnation, TimePoint now
    );
    // Takes what has expired off the list. If it comes much later than it should (the process was
    // stopped, or the machine slept), nobody could renew meanwhile, so all leases last longer.
    void sweep(TimePoint now);

    // Logs and counts what has changed since the last time, and tells `told` of each change.
    void publish(const std::function<void(const Change&)>& told);

    // How often sweep() should run.
    [[nodiscard]] Duration sweep_interval() const;

private:
    void log(const Change& change) const;

    TimePoint last_sweep_{};
    std::uint64_t published_ = 0;
};

}  // namespace rollcall::registry
