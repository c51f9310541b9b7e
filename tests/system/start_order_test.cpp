// F6: whatever starts first, a call made at the very beginning succeeds within its deadline.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>

#include "support/programs.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

// The letters are the order of starting: client, server, registry.
class StartOrder : public testing::TestWithParam<const char*> {
protected:
    void start(char what) {
        if (what == 'c') {
            client.emplace(discovery::RegistryDiscovery{url, "calculator", {.refresh = 200ms}});
            sum = client->async_call(rpc::invoke<int>("add", 1, 2).within(15s), asio::use_future);
        } else if (what == 's') {
            server.emplace(CalculatorProgram::in(url));
        } else {
            registry = std::make_unique<RegistryProgram>("0.9", listen);
        }
    }

    // A port that a registry had a moment ago.
    std::unique_ptr<RegistryProgram> registry = std::make_unique<RegistryProgram>();
    const std::string url = registry->url();
    const std::string listen = registry->listen();
    std::optional<CalculatorProgram> server;
    std::optional<discovery::ServiceClient> client;
    std::future<Result<int>> sum;
};

TEST_P(StartOrder, F06_TheFirstCallSucceeds) {
    registry.reset();
    for (const char* what = GetParam(); *what != 0; ++what)
        start(*what);
    EXPECT_EQ(sum.get().value(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    AllSix,
    StartOrder,
    testing::Values("csr", "crs", "scr", "src", "rcs", "rsc"),
    [](const auto& order) { return std::string{order.param}; }
);

}  // namespace
}  // namespace rollcall::tests
