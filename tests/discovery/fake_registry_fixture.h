#pragma once
// What tests of discoveries at a registry that does as it is told share.

#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry.h"

#include <gtest/gtest.h>

#include <memory>

namespace rollcall::tests {

class FakeRegistryFixture : public ::testing::Test {
protected:
    FakeRegistryFixture() {
        options.refresh = std::chrono::milliseconds{50};
        options.hurry_gap = std::chrono::milliseconds{10};
        options.log = Log::none();
    }

    // Whatever comes, comes by the watch.
    void watch_alone() {
        registry->set_watchable(true);
        registry->list({instance_named("a", 1)}, "e.1");
        options.refresh = std::chrono::hours{1};
    }

    [[nodiscard]] discovery::RegistryDiscovery discover() const {
        return discovery::RegistryDiscovery{
            std::make_unique<FakeSource>(registry), "the fake registry", "calculator", options};
    }

    const std::shared_ptr<FakeRegistry> registry = std::make_shared<FakeRegistry>();
    discovery::RegistryDiscoveryOptions options;
};

}  // namespace rollcall::tests
