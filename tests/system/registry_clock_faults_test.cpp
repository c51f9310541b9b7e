// A registry whose time is not ours: stopped for a while (F12), its clock set (F13).
#include "registry_faults.h"
#include "support/as_delivered.h"
#include "support/eventually.h"
#include "support/temporary_directory.h"
#include "watch_loop.h"

#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <optional>
#include <sstream>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFakeClock = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

void wait_for(Duration time) {
    const TimePoint end = SteadyClock::now() + time;
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() >= end; }));
}

class RegistryClockFaults : public RegistryFaults {
protected:
    // Servers that send heartbeats, and one that is silent but has a long lease, all listed.
    void start_servers() {
        for (auto& server : servers_)
            server.emplace(CalculatorProgram::in(url_), environment_);
        ASSERT_TRUE(eventually([&] { return calculators() == servers_.size(); }));
    }

    std::size_t calculators() {
        const auto all = admin_->instances("calculator", Deadline::in(kPatience));
        return all ? all->size() : 0;
    }

    std::array<std::optional<CalculatorProgram>, 3> servers_;
};

TEST_F(RegistryClockFaults, F12_StoppedForThreeLeasesItForgetsNobody) {
    constexpr Duration kLease = 600ms;
    start({"--ttl", "0.6"});
    start_servers();
    list(1);  // who is silent, and yet has the rest of its lease after the pause
    WatchLoop watcher{url_, "/v1/services/calculator"};
    ASSERT_TRUE(eventually([&] { return status("watchers") == 1; }));
    const int answers = watcher.answers();
    process_->signal(SIGSTOP);
    wait_for(3 * kLease);
    process_->signal(SIGCONT);
    EXPECT_EQ(listed().size(), 1U);
    EXPECT_EQ(calculators(), servers_.size());
    // The silent one goes when its lease is over, and only that one.
    ASSERT_TRUE(eventually([&] { return listed().empty(); }));
    wait_for(kLease);
    EXPECT_EQ(status("expired"), 1);
    EXPECT_EQ(calculators(), servers_.size());
    EXPECT_EQ(watcher.answers(), answers);
    EXPECT_EQ(watcher.failures(), 0);
}

// The wall clock of the registry and of the servers is set an hour ahead, then an hour back, while
// they run: what `date -s` does to a machine. The steady clock goes on.
class RegistryDateFaults : public RegistryClockFaults {
protected:
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "sanitizers and libfaketime want the same functions";
        ASSERT_TRUE(std::filesystem::exists(kFakeClock))
            << "install the Debian package faketime ('scripts/setup tests' does)";
        set_clock(0h);
        for (const auto& [name, value] : std::array<std::array<std::string, 2>, 4>{
                 {{"LD_PRELOAD", kFakeClock},
                  {"FAKETIME_TIMESTAMP_FILE", clock_},
                  {"FAKETIME_NO_CACHE", "1"},
                  {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}}}) {
            environment_.push_back(name + "=" + value);
        }
    }

    // Renamed, so that nobody reads half of it.
    void set_clock(std::chrono::hours ahead) {
        const std::string text = (ahead < 0h ? "" : "+") + std::to_string(ahead.count()) + "h\n";
        std::ofstream{clock_ + ".new"} << text;
        std::filesystem::rename(clock_ + ".new", clock_);
    }

    // How far the registry's clock is ahead of ours, by the date of a registration.
    std::chrono::seconds ahead(int number) {
        EXPECT_EQ(request("PUT", path(number), R"({"address":"10.0.0.7","port":9})"), 201);
        const std::string text = body(path(number));
        const auto at = text.find("\"registered\":\"");
        if (at == std::string::npos) return {};
        std::tm date{};
        std::istringstream{text.substr(at + 14)} >> std::get_time(&date, "%Y-%m-%dT%H:%M:%S");
        return std::chrono::seconds{::timegm(&date) - ::time(nullptr)};
    }

    const TemporaryDirectory folder_;
    const std::string clock_ = folder_.path() + "/clock";
};

TEST_F(RegistryDateFaults, F13_AClockThatIsSetEndsNoLeaseAndNoWatch) {
    constexpr Duration kLease = 500ms;
    const TemporaryDirectory data;
    start({"--ttl", "0.5", "--data", data.path()});
    start_servers();
    WatchLoop watcher{url_, "/v1/services/calculator"};
    ASSERT_TRUE(eventually([&] { return status("watchers") == 1; }));
    const int answers = watcher.answers();
    ASSERT_LT(std::chrono::abs(ahead(0)), 10s);
    for (const auto& [hours, number] : {std::pair{1h, 1}, std::pair{-1h, 2}}) {
        set_clock(hours);
        EXPECT_LT(std::chrono::abs(ahead(number) - hours), 10s) << "the clock was not set";
        wait_for(2 * kLease);
        EXPECT_EQ(calculators(), servers_.size());
        EXPECT_EQ(watcher.answers(), answers);
        EXPECT_EQ(status("watchers"), 1);
    }
    // Those three had a lease each, as long as ever: no longer and no shorter.
    EXPECT_TRUE(eventually([&] { return listed().empty(); }));
    EXPECT_EQ(status("expired"), 3);
    // The watch still works.
    servers_[0]->process().kill();
    EXPECT_TRUE(eventually([&] { return watcher.answers() == answers + 1; }));
    EXPECT_EQ(watcher.failures(), 0);
}

}  // namespace
}  // namespace rollcall::tests
