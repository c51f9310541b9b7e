// What docs/registry.md tells a stranger to paste does what it says there.
#include "quiet_registry.h"
#include "registry_docs.h"

#include <gmock/gmock.h>

namespace rollcall::registry {
namespace {

using rollcall::tests::Finished;
using ::testing::HasSubstr;

class RegistryDocs : public testing::Test {
protected:
    RegistryDocs() : registry(tests::quiet()) { registry.start(); }

    Finished follow(const std::string& heading) {
        const Finished done = tests::run_commands_below(heading, registry.url());
        EXPECT_EQ(done.status.code, 0) << done.errors << done.output;
        return done;
    }

    RegistryServer registry;
};

TEST_F(RegistryDocs, FiveMinutes) {
    const Finished done = follow("## Five minutes");
    // The watching client's answer has both servers.
    EXPECT_THAT(done.output, HasSubstr(R"("id":"127.0.0.1:9000")"));
    EXPECT_THAT(done.output, HasSubstr(R"("id":"127.0.0.1:9001")"));
}

TEST_F(RegistryDocs, TheNativeApi) {
    const Finished done = follow("## The native API");
    EXPECT_THAT(done.output, HasSubstr(R"("missing":["reports/10.0.0.7:9001"])"));
    EXPECT_THAT(done.output, HasSubstr(R"("override":"draining")"));
    EXPECT_THAT(done.output, HasSubstr(R"("meta":{"k":"v"})"));
}

TEST_F(RegistryDocs, Watching) {
    EXPECT_THAT(follow("## Watching").output, HasSubstr(R"({"changed":{)"));
}

TEST_F(RegistryDocs, TheHeaderProtocol) {
    EXPECT_THAT(follow("## The header protocol").output, HasSubstr("X-Myrpc-Servers: "));
}

}  // namespace
}  // namespace rollcall::registry
