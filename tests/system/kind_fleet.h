#pragma once
// Servers in a registry of any kind, and a client that finds them there.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/connect.h>

#include "registry_kinds.h"
#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::tests {

class KindFleet {
public:
    // The kind is one of registry_kinds().
    KindFleet(const std::string& kind, std::size_t servers) : registry_(start_registry(kind)) {
        for (std::size_t i = 0; i < servers; ++i)
            servers_.push_back(start());
    }

    [[nodiscard]] SomeRegistry& registry() { return *registry_; }

    [[nodiscard]] const discovery::RegistryDiscovery& found() const { return found_; }

    [[nodiscard]] discovery::ServiceClient& client() { return client_; }

    // Ends a server by a signal and starts another in its place; false if it does not end.
    [[nodiscard]] bool restart(std::size_t i, int signal) {
        servers_[i]->process().signal(signal);
        if (!servers_[i]->process().wait()) return false;
        servers_[i] = start();
        return true;
    }

    [[nodiscard]] bool is_known(std::size_t i) const {
        const auto state = client_.state();
        return std::any_of(state.begin(), state.end(), [&](const auto& each) {
            return each.instance.endpoint().to_string() == servers_[i]->endpoint();
        });
    }

    [[nodiscard]] bool wait_all_known() const {
        return eventually([&] { return client_.state().size() == servers_.size(); });
    }

    // By the registry itself, not in the client's memory.
    [[nodiscard]] std::size_t listed() const {
        auto other = registry::connect(registry_->url());
        if (!other) return 0;
        const auto snapshots =
            other->source->read({"calculator"}, Deadline::in(std::chrono::seconds{2}));
        return snapshots ? snapshots->front().instances.size() : 0;
    }

private:
    [[nodiscard]] std::unique_ptr<CalculatorProgram> start() const {
        return std::make_unique<CalculatorProgram>(CalculatorProgram::in(registry_->url()));
    }

    const std::unique_ptr<SomeRegistry> registry_;
    std::vector<std::unique_ptr<CalculatorProgram>> servers_;
    const discovery::RegistryDiscovery found_{
        registry_->url(), "calculator", {.refresh = std::chrono::milliseconds{500}}};
    discovery::ServiceClient client_{found_};
};

// The name of a test whose parameter is a kind.
inline std::string kind_of(const ::testing::TestParamInfo<std::string>& each) {
    return each.param;
}

}  // namespace rollcall::tests
