// The inspector's page in Debian's Chromium. The script says what holds.

#include "inspected.h"
#include "interop/peers.h"
#include "support/process.h"

#include <unistd.h>

namespace rollcall::inspect::tests {
namespace {

using namespace std::chrono_literals;

class InspectorPage : public Inspected {
protected:
    explicit InspectorPage(InspectorOptions options = {.allow_calls = true})
        : Inspected(std::move(options)) {
        if (::access("/usr/bin/chromium", X_OK) != 0) {
            throw std::runtime_error{
                "this test needs the Debian package chromium ('scripts/setup tests' installs it)"};
        }
    }

    void expect_everything_holds(const std::string& token = "") {
        auto command = rollcall::tests::node_command("page_check.js", "playwright-core");
        command.push_back(inspector.url());
        command.push_back(token);
        rollcall::tests::Process browser{std::move(command), rollcall::tests::node_environment()};
        if (token.empty()) {
            static_cast<void>(browser.wait_line("stop the server", 40s));
            server.stop(0s);
        }
        const auto ended = browser.wait(40s);
        EXPECT_EQ(ended, rollcall::tests::ExitStatus{0}) << browser.output() << browser.errors();
        EXPECT_NE(browser.output().find("everything holds"), std::string::npos);
    }
};

TEST_F(InspectorPage, ShowsMethodsAndConnectionsAndCallsThemselves) {
    expect_everything_holds();
}

class InspectorPageWithToken : public InspectorPage {
protected:
    InspectorPageWithToken() : InspectorPage({.token = "open-sesame", .allow_calls = true}) {}
};

TEST_F(InspectorPageWithToken, AsksForIt) {
    expect_everything_holds("open-sesame");
}

}  // namespace
}  // namespace rollcall::inspect::tests
