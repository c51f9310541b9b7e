// The commands of docs/registry.md about Eureka do what they say there.
#include "eureka_fixture.h"
#include "registry_docs.h"

namespace rollcall::registry {
namespace {

class EurekaDocs : public tests::EurekaFixture {};

}  // namespace

TEST_F(EurekaDocs, EveryCommandRuns) {
    const auto done = tests::run_commands_below("## Eureka", registry.url());
    EXPECT_EQ(done.status.code, 0) << done.errors;
    EXPECT_THAT(done.output, ::testing::HasSubstr(R"("instanceId":"10.0.0.7:hello:8080")"));
    EXPECT_THAT(done.output, ::testing::HasSubstr("<actionType>ADDED</actionType>"));
    EXPECT_EQ(tests::ids_of(get_json("/eureka/apps")), tests::Ids{}) << "the last one leaves";
}

}  // namespace rollcall::registry
