#pragma once
// What is asked of a registry for one discovery.

#include <rollcall/discovery/registry_discovery.h>

#include "discovery_state.h"
#include "list_cache.h"
#include "refresh_plan.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::discovery {

// Under the loop's lock, but for what only its thread uses: plan.believes(), the cache and the
// flags of what was said.
struct PolledService {
    PolledService(std::string_view name, const RegistryDiscoveryOptions& asked);

    const std::string service;
    const RegistryDiscoveryOptions options;  // no time longer than kLongestTime
    // What the handles share. Set before the service is added.
    std::shared_ptr<DiscoveryState> state;
    std::optional<ListCache> cache;
    RefreshPlan plan;
    std::uint64_t begun = 0;  // requests
    std::uint64_t ended = 0;
    std::optional<Error> failure;  // of the last that ended
    bool watched = false;          // by the wait under way
    bool is_over = false;          // its discovery has ended, nobody is told any more
    bool logged_failure = false;
    bool looked_in_cache = false;
};

}  // namespace rollcall::discovery
