// Two processes with one id: at the same time (F16), and one after the other (F17).
#include "registry_faults.h"
#include "restarted_server.h"
#include "support/eventually.h"

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

class RegistryIdentityFaults : public RegistryFaults {
protected:
    std::unique_ptr<CalculatorProgram> twin() {
        std::vector<std::string> options = CalculatorProgram::in(url_);
        options.insert(options.end(), {"--service", kService, "--id", "one"});
        return std::make_unique<CalculatorProgram>(options);
    }

    // The endpoints that are listed.
    std::vector<std::string> endpoints() {
        std::vector<std::string> all;
        for (const auto& instance : listed())
            all.push_back(instance.endpoint().to_string());
        return all;
    }

    [[nodiscard]] bool lists(const CalculatorProgram& server) {
        return eventually([&] { return endpoints() == std::vector{server.endpoint()}; });
    }
};

TEST_F(RegistryIdentityFaults, F16_OfTwoProcessesWithOneIdTheNewerIsListed) {
    start({"--ttl", "0.6"});
    const auto older = twin();
    ASSERT_TRUE(lists(*older));
    EXPECT_EQ(older->process().errors(), "");
    const auto newer = twin();
    ASSERT_TRUE(lists(*newer));
    // The older one says so, goes on serving, and never comes back to the list.
    EXPECT_TRUE(eventually([&] {
        return older->process().errors().find("a newer process has registered as fleet/one") !=
               std::string::npos;
    })) << older->process().errors();
    EXPECT_TRUE(older->process().running());
    EXPECT_EQ(newer->process().errors(), "");
    newer->process().kill();
    ASSERT_TRUE(eventually([&] {
        const auto now = endpoints();
        EXPECT_NE(now, std::vector{older->endpoint()});
        return now.empty();
    }));
    EXPECT_EQ(status("expired"), 1);
    EXPECT_TRUE(older->process().running());
}

// Its goodbye is late, too.
TEST_F(RegistryIdentityFaults, F16_TheEndOfTheOlderOneTakesNobodyOffTheList) {
    start({"--ttl", "30"});  // it does not learn of the newer one before it ends
    const auto older = twin();
    ASSERT_TRUE(lists(*older));
    const auto newer = twin();
    ASSERT_TRUE(lists(*newer));
    older->process().signal(SIGTERM);
    ASSERT_EQ(older->process().wait(), (ExitStatus{0, 0}));
    EXPECT_EQ(endpoints(), std::vector{newer->endpoint()});
}

using RestartFaults = RestartedServer;

// A hundred times in label long.
TEST_F(RestartFaults, F17_RestartedManyTimesItIsNeverMissing) {
    restart(12);
}

}  // namespace
}  // namespace rollcall::tests
