#include "client_options.h"

#include <algorithm>

namespace rollcall::cli {

rpc::ClientOptions client_options(const Settings& settings, const rpc::IoThreads& io) {
    rpc::ClientOptions options;
    options.token = settings.token;
    if (settings.calls_over_tls()) options.tls = settings.rpc_files;
    options.tls_server_name = settings.rpc_name;
    options.call_timeout = settings.timeout;
    options.max_in_flight = std::max(options.max_in_flight, settings.in_flight);
    options.io = io;
    options.log = Log::none();
    return options;
}

discovery::ServiceClientOptions service_options(
    const Settings& settings, const rpc::IoThreads& io
) {
    discovery::ServiceClientOptions options;
    options.call_timeout = settings.timeout;
    options.token = settings.token;
    options.client = client_options(settings, io);
    return options;
}

discovery::RegistryDiscovery discover(const Settings& settings, const std::string& service) {
    discovery::RegistryDiscoveryOptions options;
    options.access = settings.access;
    options.log = Log::none();
    return discovery::RegistryDiscovery{settings.registry, service, options};
}

}  // namespace rollcall::cli
