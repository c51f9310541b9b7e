#pragma once
// One thread that keeps the lists of one registry fresh.

#include <rollcall/base/home_process.h>
#include <rollcall/discovery/registry_discovery.h>

#include "discovery_state.h"
#include "list_cache.h"
#include "refresh_plan.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::discovery {

// What is asked of the registry for one discovery. Under the poller's lock, but for what only its
// thread uses: plan.believes(), the cache and the flags of what was said.
struct PolledService {
    PolledService(std::string_view name, const RegistryDiscoveryOptions& asked);

    const std::string service;
    const RegistryDiscoveryOptions options;
    std::weak_ptr<DiscoveryState> state;
    std::optional<ListCache> cache;
    RefreshPlan plan;
    std::uint64_t begun = 0;  // requests
    std::uint64_t ended = 0;
    std::optional<Error> failure;  // of the last that ended
    bool watched = false;          // by the wait under way
    bool logged_failure = false;
    bool looked_in_cache = false;
};

// Owns the source, which only its thread uses. Lists that are due are read; in between the registry
// is watched for all services at a time, where it can be. A read that has begun before somebody
// asked for one does not count for him; those who wait share the next one.
class RegistryPoller {
public:
    // The poller of this process for a URL and what it takes to be let in: made at first use, ended
    // with its last user. Throws std::invalid_argument if the URL is not that of a registry one can
    // read, or a token or file cannot be used.
    [[nodiscard]] static std::shared_ptr<RegistryPoller> of(
        const std::string& url, const registry::AccessOptions& access
    );

    RegistryPoller(std::unique_ptr<registry::Source> source, std::string name);
    // Ends the request under way and waits for the thread, where that is possible.
    ~RegistryPoller();
    RegistryPoller(const RegistryPoller&) = delete;
    RegistryPoller& operator=(const RegistryPoller&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

    // Any thread.
    void add(std::shared_ptr<PolledService> service);
    void remove(const std::shared_ptr<PolledService>& service);
    void hurry(PolledService& service);
    [[nodiscard]] Result<void> refresh(PolledService& service, Deadline deadline);

private:
    // Shared with the thread, so that a poller that ends on its own thread leaves nothing dangling.
    struct Loop;

    const std::string name_;
    const std::shared_ptr<Loop> loop_;
    std::thread thread_;
    const HomeProcess home_;
};

}  // namespace rollcall::discovery
