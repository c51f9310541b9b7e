// Everybody looks at once into a calculator-server that is called all the time: Prometheus ten
// times a second, curl fifty times, a browser with the page open.

#include "lookers.h"
#include "support/programs.h"
#include "windows.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>

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

// Holds a server up again and again, for so long that it differs from what a busy machine does by
// itself. Between begin() and end() only; afterwards the server goes on.
class Nuisance {
public:
    explicit Nuisance(const Process& server) : server_(server) {}

    void begin() {
        server_.signal(SIGSTOP);
        thread_ = std::jthread{[this](const std::stop_token& stop) { disturb(stop); }};
    }

    void end() { thread_ = {}; }

private:
    void disturb(const std::stop_token& stop) {
        for (;;) {
            pass(stop, std::chrono::milliseconds{100});
            server_.signal(SIGCONT);
            if (stop.stop_requested()) return;
            pass(stop, std::chrono::milliseconds{20});
            server_.signal(SIGSTOP);
        }
    }

    // The time is the disturbance itself; its end ends it at once.
    void pass(const std::stop_token& stop, Duration time) {
        std::unique_lock lock{mutex_};
        changed_.wait_for(lock, stop, time, [] { return false; });
    }

    const Process& server_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::jthread thread_;
};

// A server that somebody holds up is found out.
TEST(UnderLoadOfAllWhoLook, WhatHoldsTheServerUpWouldBeFoundOut) {
    CalculatorProgram server;
    Nuisance nuisance{server.process()};
    Windows windows{server.endpoint(), 300, 7};
    windows.measure(
        "left alone", [] {}, [] {}
    );
    windows.measure(
        "held up", [&] { nuisance.begin(); }, [&] { nuisance.end(); }
    );
    windows.run();
    EXPECT_TRUE(windows.moved("left alone", "held up"));
}

}  // namespace
}  // namespace rollcall::tests
