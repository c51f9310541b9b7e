#pragma once
// What the tests with a real etcd share.

#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>

#include "registry/etcd_cluster.h"
#include "support/eventually.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rollcall::registry::tests {

using rollcall::tests::EtcdCluster;
using rollcall::tests::eventually;

inline constexpr auto kPatience = std::chrono::seconds{10};

inline RegistrarOptions options_for(
    std::uint16_t port, std::chrono::milliseconds ttl = std::chrono::milliseconds{0}
) {
    RegistrarOptions options;
    options.service = "calculator";
    options.server = Endpoint{"127.0.0.1", port};
    options.ttl = ttl;
    options.log = Log::none();
    return options;
}

inline Instance instance_at(std::uint16_t port, const std::string& incarnation = "one") {
    Instance instance;
    instance.service = "calculator";
    instance.address = "127.0.0.1";
    instance.port = port;
    instance.id = instance.endpoint().to_string();
    instance.incarnation = incarnation;
    return instance;
}

inline Snapshot read_from(Source& source, const std::string& service = "calculator") {
    auto snapshots = source.read({service}, Deadline::in(kPatience));
    EXPECT_TRUE(snapshots.has_value()) << snapshots.error().message();
    return snapshots ? std::move(snapshots->front()) : Snapshot{};
}

inline std::vector<Instance> listed(const std::string& url) {
    return read_from(*connect(url).value().source).instances;
}

inline bool is_listed(const std::string& url, const std::string& id) {
    const auto instances = listed(url);
    return std::any_of(instances.begin(), instances.end(), [&](const Instance& each) {
        return each.id == id;
    });
}

}  // namespace rollcall::registry::tests
