#pragma once
// The settings of the command line as those of the libraries.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/client.h>

#include "settings.h"

#include <string>

namespace rollcall::cli {

// Nothing is logged: the error of a call says what happened, and would say it twice.
[[nodiscard]] rpc::ClientOptions client_options(const Settings& settings, const rpc::IoThreads& io);

[[nodiscard]] discovery::ServiceClientOptions service_options(
    const Settings& settings, const rpc::IoThreads& io
);

// The instances of a service. Throws std::invalid_argument for a name or a URL that cannot be.
[[nodiscard]] discovery::RegistryDiscovery discover(
    const Settings& settings, const std::string& service
);

}  // namespace rollcall::cli
