// The programs with Redis, and with two registries at once.
#include "cluster.h"
#include "registry/redis_program.h"

#include <csignal>

namespace rollcall::tests {
namespace {

TEST(ProgramsWithRedis, RegisterFindAndCall) {
    const RedisProgram redis{{"--requirepass", "secret"}};
    const RegistryProgram registry;
    const std::string url = "redis://:secret@" + redis.endpoint().to_string();
    // In several registries at once.
    CalculatorProgram server{{"--registry", url, "--registry", registry.url()}};
    const auto instances = [](const std::string& at) {
        const Finished finished =
            run({program("rollcall"), "--registry", at, "instances", "calculator", "--json"});
        return Json::parse(finished.output, nullptr, false);
    };
    for (const std::string& at : {url, registry.url()}) {
        ASSERT_TRUE(eventually([&] { return instances(at).size() == 1; }));
        EXPECT_EQ(instances(at)[0]["id"], server.endpoint());
    }
    const Finished called =
        run({program("rollcall"), "--registry", url, "call", "calculator", "add", "1", "2"});
    EXPECT_EQ(called.output, "3\n") << called.errors;
    const Finished watched = run({program("rollcall"), "--registry", url, "watch"});
    EXPECT_EQ(watched.status, (ExitStatus{2, 0}));
    EXPECT_EQ(watched.errors.find("secret"), std::string::npos) << watched.errors;
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait(), (ExitStatus{0, 0}));
    EXPECT_EQ(instances(url), Json::array());
    EXPECT_EQ(instances(registry.url()), Json::array());
}

}  // namespace
}  // namespace rollcall::tests
