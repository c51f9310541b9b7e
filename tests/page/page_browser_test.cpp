// The registry's page in Debian's Chromium, which playwright-core drives. The scripts say what
// holds and end with 0 if everything does.

#include <rollcall/base/random.h>

#include "interop/peers.h"
#include "registry/quiet_registry.h"
#include "support/process.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;

constexpr const char* kChromium = "/usr/bin/chromium";

class PageInABrowser : public testing::Test {
protected:
    explicit PageInABrowser(RegistryServerOptions chosen = options())
        : registry_(std::move(chosen)) {
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
            rollcall::tests::run(std::move(command), rollcall::tests::node_environment(), 55s);
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

TEST_F(PageInABrowser, EndsAHoldWhenAsked) {
    expect_everything_holds("page_hold.js");
}

class PageWithTokens : public PageInABrowser {
protected:
    static RegistryServerOptions options() {
        RegistryServerOptions options = PageInABrowser::options();
        options.token_file = testing::TempDir() + "rollcall_page_tokens_" + random_nonce();
        std::ofstream{options.token_file} << "read reader-token\nwrite writer-token\n";
        return options;
    }

    explicit PageWithTokens(RegistryServerOptions chosen = options())
        : PageInABrowser(chosen), file_(chosen.token_file) {}

    ~PageWithTokens() override { std::filesystem::remove(file_); }

private:
    const std::string file_;
};

TEST_F(PageWithTokens, AsksForOneWhereItIsNeeded) {
    expect_everything_holds("page_token.js");
}

TEST_F(PageWithTokens, EndsAHoldWithATokenToWrite) {
    expect_everything_holds("page_hold.js");
}

}  // namespace
}  // namespace rollcall::registry
