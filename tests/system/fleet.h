#pragma once
// A registry, some calculators and a client of theirs.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>

#include "support/call_load.h"
#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tests {

class Fleet : public testing::Test {
protected:
    // The lease in seconds: that the registry keeps a server that has stopped renewing.
    explicit Fleet(std::string lease = "0.9") : ttl(std::move(lease)) {}

    // Servers that have registered; returns when the client knows all of them.
    void start_servers(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            servers.push_back(
                std::make_unique<CalculatorProgram>(CalculatorProgram::in(registry->url()))
            );
        }
        ASSERT_TRUE(wait_listed(count));
    }

    [[nodiscard]] std::size_t listed() const {
        const auto snapshot = found.snapshot();
        return snapshot ? snapshot->instances.size() : 0;
    }

    [[nodiscard]] bool wait_listed(std::size_t count) const {
        return eventually([&] { return listed() == count; });
    }

    // Idempotent or not: the same method, asked by name.
    [[nodiscard]] static rpc::Invocation<std::string> whoami() {
        return rpc::invoke<std::string>("whoami").within(std::chrono::seconds{5});
    }

    const std::string ttl;
    std::unique_ptr<RegistryProgram> registry = std::make_unique<RegistryProgram>(ttl);
    std::vector<std::unique_ptr<CalculatorProgram>> servers;
    discovery::RegistryDiscovery found{
        registry->url(), "calculator", {.refresh = std::chrono::milliseconds{200}}};
    discovery::ServiceClient client{found};
};

}  // namespace rollcall::tests
