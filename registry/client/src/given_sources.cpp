#include <rollcall/registry/given_sources.h>

#include "answer.h"
#include "content_index.h"

#include <algorithm>
#include <utility>

namespace rollcall::registry {
namespace {

std::vector<Snapshot> for_each_service(
    const std::vector<std::string>& services, const std::vector<Instance>& instances, Origin origin
) {
    std::vector<Snapshot> snapshots;
    for (const std::string& service : services) {
        Snapshot snapshot;
        snapshot.service = service;
        snapshot.instances = instances;
        for (Instance& instance : snapshot.instances)
            instance.service = service;
        snapshot.index = content_index(snapshot.instances);
        snapshot.taken = SteadyClock::now();
        snapshot.origin = origin;
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

}  // namespace

ListSource::ListSource(const std::vector<Endpoint>& endpoints) {
    for (const Endpoint& endpoint : endpoints)
        instances_.push_back(instance_of(endpoint, "list"));
}

Result<std::vector<Snapshot>> ListSource::read(
    const std::vector<std::string>& services, Deadline /*deadline*/, std::stop_token /*stop*/
) {
    return for_each_service(services, instances_, Origin::given);
}

DnsSource::DnsSource(Endpoint name, http::Lookup lookup)
    : name_(std::move(name)), names_(std::move(lookup)) {
}

Result<std::vector<Snapshot>> DnsSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    auto addresses = names_.addresses(name_.host(), deadline, stop);
    if (!addresses) {
        const std::string where = "dns:" + name_.to_string() + ": ";
        return unreachable(Error{addresses.error().code(), where + addresses.error().message()});
    }
    // A name has one entry per kind of socket at some resolvers.
    std::sort(addresses->begin(), addresses->end());
    addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
    std::vector<Instance> instances;
    for (const std::string& address : *addresses)
        instances.push_back(instance_of(Endpoint{address, name_.port()}, "dns"));
    return for_each_service(services, instances, Origin::registry);
}

}  // namespace rollcall::registry
