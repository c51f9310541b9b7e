// The commands of docs/registry.md about Eureka do what they say there.
#include "eureka_fixture.h"
#include "support/process.h"

#include <fstream>
#include <sstream>

namespace rollcall::registry {
namespace {

// The first block of shell commands after a heading.
std::string commands_below(const std::string& heading) {
    std::ifstream file{ROLLCALL_REGISTRY_DOCS};
    std::ostringstream text;
    text << file.rdbuf();
    const std::string docs = text.str();
    const std::string fence = "\n```";
    const auto section = docs.find("\n" + heading + "\n");
    const auto begin = docs.find(fence + "sh\n", section);
    const auto end = docs.find(fence, begin + fence.size());
    if (section == std::string::npos || begin == std::string::npos || end == std::string::npos) {
        throw std::runtime_error{"no commands below '" + heading + "'"};
    }
    return docs.substr(begin + fence.size() + 3, end - begin - fence.size() - 3);
}

class EurekaDocs : public tests::EurekaFixture {};

}  // namespace

TEST_F(EurekaDocs, EveryCommandRuns) {
    std::string commands = commands_below("## Eureka");
    const std::string address = "http://127.0.0.1:7070";
    const auto at = commands.find(address);
    ASSERT_NE(at, std::string::npos);
    commands.replace(at, address.size(), registry.url());
    // One that is not answered 2xx ends the script.
    const std::string script = "set -eu\ncurl() { command curl -fsS \"$@\"; echo; }\n" + commands;
    const auto done = rollcall::tests::run({"/bin/sh", "-c", script});
    EXPECT_EQ(done.status.code, 0) << done.errors;
    EXPECT_THAT(done.output, ::testing::HasSubstr(R"("instanceId":"10.0.0.7:hello:8080")"));
    EXPECT_THAT(done.output, ::testing::HasSubstr("<actionType>ADDED</actionType>"));
    EXPECT_EQ(tests::ids_of(get_json("/eureka/apps")), tests::Ids{}) << "the last one leaves";
}

}  // namespace rollcall::registry
