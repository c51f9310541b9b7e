// Everybody looks at once into a calculator-server that is called all the time: Prometheus ten
// times a second, curl fifty times, a browser with the page open.

#include "lookers.h"
#include "support/programs.h"
#include "windows.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace rollcall::tests {
namespace {

// A server and all who look at it.
class Looked {
public:
    Looked() {
        if (!eventually([&] { return prometheus_.looks() > 0; }))
            throw std::runtime_error{"prometheus does not scrape"};
        if (!eventually([&] { return browser_.shows("calculator-server"); }))
            throw std::runtime_error{"chromium does not show the page"};
        hold();
    }

    [[nodiscard]] const std::string& endpoint() const { return server_.endpoint(); }

    void hold() const {
        curls_.hold();
        prometheus_.hold();
        browser_.hold();
    }

    void go_on() const {
        prometheus_.go_on();
        browser_.go_on();
        curls_.go_on_looking();
    }

    [[nodiscard]] std::size_t curls() const { return curls_.looks(); }

    [[nodiscard]] std::size_t scrapes() const {
        prometheus_.go_on();
        return prometheus_.looks();
    }

private:
    CalculatorProgram server_{{"--admin", "127.0.0.1:0"}};
    const std::string url_ = last_word(server_.process().wait_line("admin on"));
    const CurlLoop curls_{url_};
    const Scraper prometheus_{url_.substr(url_.rfind('/') + 1)};
    const Browser browser_{url_};
};

TEST(UnderLoadOfAllWhoLook, The99thPercentileDoesNotMoveBeyondNoise) {
    const Looked server;
    const Looked other;
    const std::size_t scrapes = server.scrapes();
    server.hold();
    Windows windows{server.endpoint(), 2000, 15};
    windows.measure(
        "quiet", [] {}, [] {}
    );
    // The machine has as much to do as when they look here.
    windows.measure(
        "elsewhere", [&] { other.go_on(); }, [&] { other.hold(); }
    );
    windows.measure(
        "here", [&] { server.go_on(); }, [&] { server.hold(); }
    );
    windows.run();
    EXPECT_GE(server.curls(), 15U * 10U);
    EXPECT_GE(server.scrapes(), scrapes + 15U * 2U);
    EXPECT_FALSE(windows.moved("elsewhere", "here"));
    EXPECT_FALSE(windows.moved("quiet", "here"));
}

// A server that somebody holds up is found out. For so long that it differs from what a busy
// machine does by itself.
TEST(UnderLoadOfAllWhoLook, WhatHoldsTheServerUpWouldBeFoundOut) {
    CalculatorProgram server;
    const std::string script =
        "import os, signal, time\n"
        "while True:\n"
        "    os.kill(" +
        std::to_string(server.process().pid()) +
        ", signal.SIGSTOP)\n"
        "    time.sleep(0.1)\n"
        "    os.kill(" +
        std::to_string(server.process().pid()) +
        ", signal.SIGCONT)\n"
        "    time.sleep(0.02)\n";
    const Looker nuisance{{"/usr/bin/python3", "-c", script}};
    nuisance.hold();
    server.process().signal(SIGCONT);
    Windows windows{server.endpoint(), 300, 7};
    windows.measure(
        "left alone", [] {}, [] {}
    );
    windows.measure(
        "held up",
        [&] {
            nuisance.go_on();
            EXPECT_TRUE(eventually([&] { return is_held(server.process().pid()); }));
        },
        [&] {
            nuisance.hold();
            server.process().signal(SIGCONT);
        }
    );
    windows.run();
    EXPECT_TRUE(windows.moved("left alone", "held up"));
}

}  // namespace
}  // namespace rollcall::tests
