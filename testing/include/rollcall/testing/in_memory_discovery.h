#pragma once
// A discovery without a registry, for unit tests of code that has a ServiceClient.

#include <rollcall/discovery/discovery.h>

#include <string_view>

namespace rollcall::testing {

// Give it to whatever takes a Discovery and change the list as a registry would.
// Thread safety: add() and remove() one thread at a time; everything else any thread.
class InMemoryDiscovery : public discovery::MultiServersDiscovery {
public:
    // A registry that has not answered yet.
    [[nodiscard]] static InMemoryDiscovery without_list() { return InMemoryDiscovery{NoListYet{}}; }

    // InMemoryDiscovery found{{server.endpoint()}};
    InMemoryDiscovery() = default;

    explicit InMemoryDiscovery(discovery::InstanceList list)
        : discovery::MultiServersDiscovery(std::move(list)) {}

    // One more instance; one with the same id is replaced.
    void add(const Endpoint& endpoint);
    void add(registry::Instance instance);

    // Takes the instance with this id off the list; by default the id is "host:port". False if
    // there is none.
    bool remove(std::string_view id);

    // The registry is down from now on: the list stays, status() tells `message`. The next change
    // of the list ends it.
    void fail(std::string_view message);

private:
    explicit InMemoryDiscovery(NoListYet none) : discovery::MultiServersDiscovery(none) {}

    [[nodiscard]] std::vector<registry::Instance> instances() const;
};

}  // namespace rollcall::testing
