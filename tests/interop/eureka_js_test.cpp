// The npm package eureka-js-client, unchanged, against our registry.

#include "peers.h"
#include "support/programs.h"

#include <gtest/gtest.h>

#include <optional>

namespace rollcall::tests {
namespace {

TEST(EurekaJsClient, RegistersBeatsReadsAndLeavesAlsoAcrossARestart) {
    std::optional<RegistryProgram> registry{std::in_place};
    const std::string place = registry->listen();
    auto command = node_command("eureka_client.js", "eureka-js-client");
    const auto colon = place.rfind(':');
    command.insert(command.end(), {place.substr(0, colon), place.substr(colon + 1)});
    Process clients{std::move(command), node_environment()};

    static_cast<void>(clients.wait_line("restart the registry"));
    registry.reset();  // by SIGKILL; the next one knows nobody
    registry.emplace("0.9", place);
    static_cast<void>(clients.wait_line("registered again"));
    ASSERT_TRUE(clients.wait());
    EXPECT_NE(clients.output().find("all went as it should"), std::string::npos)
        << clients.output() << clients.errors();
}

}  // namespace
}  // namespace rollcall::tests
