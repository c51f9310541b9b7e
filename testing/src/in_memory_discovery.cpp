#include <rollcall/testing/in_memory_discovery.h>

#include <algorithm>
#include <string>

namespace rollcall::testing {

std::vector<registry::Instance> InMemoryDiscovery::instances() const {
    const auto current = snapshot();
    return current ? current->instances : std::vector<registry::Instance>{};
}

void InMemoryDiscovery::add(const Endpoint& endpoint) {
    registry::Instance instance;
    instance.address = endpoint.host();
    instance.port = endpoint.port();
    add(std::move(instance));
}

void InMemoryDiscovery::add(registry::Instance instance) {
    if (instance.id.empty()) instance.id = instance.endpoint().to_string();
    auto list = instances();
    std::erase_if(list, [&](const auto& each) { return each.id == instance.id; });
    list.push_back(std::move(instance));
    update(std::move(list));
}

bool InMemoryDiscovery::remove(std::string_view id) {
    auto list = instances();
    const bool found = std::erase_if(list, [&](const auto& each) { return each.id == id; }) > 0;
    if (found) update(std::move(list));
    return found;
}

void InMemoryDiscovery::fail(std::string_view message) {
    MultiServersDiscovery::fail(Error{Errc::registry_failed, std::string{message}});
}

}  // namespace rollcall::testing
