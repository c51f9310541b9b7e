#pragma once
// Instances that come and go.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>

#include "site.h"

namespace rollcall::soak {

// So seldom that what the registry remembers of them, up to 16,384 changes of 1 KiB, is no growth.
inline constexpr auto kBetweenGuests = std::chrono::seconds{5};

// Thread safety: any thread but I/O threads.
class Guests {
public:
    Guests(const Addresses& addresses, const rpc::IoThreads& io);

    // A server in this process starts, registers, is called by a client that was there before,
    // drains and stops.
    [[nodiscard]] Result<void> host_one();

private:
    const std::string registry_url_;
    const discovery::RegistryDiscovery found_;
    discovery::ServiceClient client_;
};

}  // namespace rollcall::soak
