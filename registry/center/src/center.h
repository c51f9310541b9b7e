#pragma once
// What the faces of the registry share: the store, its cached lists and the rules of this server.

#include <rollcall/base/clock.h>
#include <rollcall/registry/lease_store.h>
#include <rollcall/registry/registry_server.h>
#include <rollcall/registry/validation.h>

#include "lists.h"

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
    TimePoint started{};

    [[nodiscard]] bool warming_up(TimePoint now) const { return now < started + options.warmup; }

    // Registers through the store and logs what is new.
    LeaseStore::Registration put(Instance instance, TimePoint now);
    LeaseStore::RemoveOutcome remove(
        std::string_view service, std::string_view id, std::string_view incarnation
    );
    // Gives a listed instance other data.
    LeaseStore::ModifyOutcome modify(const Instance& instance);
    // Takes what has expired off the list. If it comes much later than it should (the process was
    // stopped, or the machine slept), nobody could renew meanwhile, so all leases last longer.
    void sweep(TimePoint now);

    // How often sweep() should run.
    [[nodiscard]] Duration sweep_interval() const;

private:
    TimePoint last_sweep_{};
};

}  // namespace rollcall::registry
