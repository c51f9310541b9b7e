#include "polled_service.h"

#include <algorithm>

namespace rollcall::discovery {
namespace {

template <class Time>
void shorten(Time& time) {
    time = std::min<Time>(time, kLongestTime);
}

RegistryDiscoveryOptions bounded(RegistryDiscoveryOptions options) {
    shorten(options.refresh);
    shorten(options.request_timeout);
    shorten(options.hurry_gap);
    shorten(options.empty_hold);
    shorten(options.cache_age);
    return options;
}

}  // namespace

PolledService::PolledService(std::string_view name, const RegistryDiscoveryOptions& asked)
    : service(name),
      options(bounded(asked)),
      plan({options.refresh, options.hurry_gap, options.empty_hold}, SteadyClock::now()) {
    if (!options.cache_file.empty())
        cache.emplace(service, options.cache_file, options.cache_age, options.log);
}

}  // namespace rollcall::discovery
