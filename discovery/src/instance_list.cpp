#include <rollcall/discovery/instance_list.h>

#include <set>
#include <stdexcept>
#include <string>

namespace rollcall::discovery {
namespace {

registry::Instance instance_at(const Endpoint& endpoint) {
    registry::Instance instance;
    instance.address = endpoint.host();
    instance.port = endpoint.port();
    return instance;
}

}  // namespace

InstanceList::InstanceList(std::initializer_list<std::string_view> endpoints) {
    std::vector<registry::Instance> instances;
    for (const std::string_view text : endpoints) {
        const Result<Endpoint> endpoint = Endpoint::parse(text);
        if (!endpoint) throw std::invalid_argument{endpoint.error().message()};
        instances.push_back(instance_at(*endpoint));
    }
    *this = InstanceList{std::move(instances)};
}

InstanceList::InstanceList(std::initializer_list<Endpoint> endpoints)
    : InstanceList(std::vector<Endpoint>(endpoints)) {
}

InstanceList::InstanceList(const std::vector<Endpoint>& endpoints) {
    std::vector<registry::Instance> instances;
    instances.reserve(endpoints.size());
    for (const Endpoint& endpoint : endpoints)
        instances.push_back(instance_at(endpoint));
    *this = InstanceList{std::move(instances)};
}

InstanceList::InstanceList(std::vector<registry::Instance> instances) {
    std::set<std::string> ids;
    for (registry::Instance& instance : instances) {
        if (instance.id.empty()) instance.id = instance.endpoint().to_string();
        if (ids.insert(instance.id).second) instances_.push_back(std::move(instance));
    }
}

}  // namespace rollcall::discovery
