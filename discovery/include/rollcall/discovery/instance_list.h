#pragma once
// A list of instances given by hand.

#include <rollcall/base/endpoint.h>
#include <rollcall/registry/instance.h>

#include <initializer_list>
#include <string_view>
#include <vector>

namespace rollcall::discovery {

// What lists of servers are written as: {"10.0.0.1:9000", "10.0.0.2:9000"}, {server.endpoint()} or
// whole Instances. An instance without an id gets its "host:port" as id, one without a service the
// empty name; of instances with the same id only the first is kept.
// Thread safety: as a std::vector.
class InstanceList {
public:
    InstanceList() = default;
    // Throws std::invalid_argument that says which text is no endpoint, and why.
    InstanceList(std::initializer_list<std::string_view> endpoints);
    InstanceList(std::initializer_list<Endpoint> endpoints);
    // Implicit: they are the same thing.
    // NOLINTNEXTLINE(google-explicit-constructor)
    InstanceList(const std::vector<Endpoint>& endpoints);
    // NOLINTNEXTLINE(google-explicit-constructor)
    InstanceList(std::vector<registry::Instance> instances);

    [[nodiscard]] const std::vector<registry::Instance>& instances() const& { return instances_; }

    [[nodiscard]] std::vector<registry::Instance>&& instances() && { return std::move(instances_); }

private:
    std::vector<registry::Instance> instances_;
};

}  // namespace rollcall::discovery
