// The registry's page in Debian's Chromium, which playwright-core drives. The scripts say what
// holds and end with 0 if everything does.

#include "interop/peers.h"
#include "registry/quiet_registry.h"
#include "support/process.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>
#include <utility>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;

constexpr const char* kChromium = "/usr/bin/chromium";

class PageInABrowser : public testing::Test {
protected:
    PageInABrowser() : registry_(options()) {
        if (::access(kChromium, X_OK) != 0) {
            throw std::runtime_error{
                "this test needs the Debian package chromium ('scripts/setup tests' installs it)"};
        }
        registry_.start();
    }

    static RegistryServerOptions options() {
        RegistryServerOptions options = tests::quiet();
        options.ttl = 1s;
        return options;
    }

    void expect_everything_holds(const std::string& script) {
        auto command = rollcall::tests::node_command(script);
        command.push_back(registry_.url());
        const auto ended =
            rollcall::tests::run(std::move(command), rollcall::tests::node_environment());
        EXPECT_EQ(ended.status, rollcall::tests::ExitStatus{0}) << ended.output << ended.errors;
        EXPECT_NE(ended.output.find("everything holds"), std::string::npos) << ended.output;
    }

    RegistryServer registry_;
};

TEST_F(PageInABrowser, ShowsWhatHappensAndChangesIt) {
    expect_everything_holds("page_check.js");
}

TEST_F(PageInABrowser, IsAtEaseWithAThousandInstances) {
    expect_everything_holds("page_thousand.js");
}

}  // namespace
}  // namespace rollcall::registry
