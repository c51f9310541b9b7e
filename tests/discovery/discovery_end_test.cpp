// The last copy of a RegistryDiscovery waits until nothing of its user's is in use.
#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry_fixture.h"
#include "discovery/service_fixture.h"
#include "support/eventually.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using tests::eventually;
using tests::instance_named;

// Somebody is told something, and does not return until he may.
class SlowReader {
public:
    void read() {
        std::unique_lock lock{mutex_};
        is_reading_ = true;
        changed_.wait(lock, [&] { return may_end_; });
        is_reading_ = false;
    }

    void let_end() {
        const std::lock_guard lock{mutex_};
        may_end_ = true;
        changed_.notify_all();
    }

    [[nodiscard]] bool is_reading() {
        const std::lock_guard lock{mutex_};
        return is_reading_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_reading_ = false;
    bool may_end_ = false;
};

void expect_its_end_waits(std::unique_ptr<RegistryDiscovery> found, SlowReader& reader) {
    ASSERT_TRUE(eventually([&] { return reader.is_reading(); }));
    std::atomic<bool> has_ended{false};
    std::thread ender{[&] {
        found.reset();
        EXPECT_FALSE(reader.is_reading());
        has_ended = true;
    }};
    EXPECT_FALSE(eventually([&] { return has_ended.load(); }, 100ms));
    reader.let_end();
    ender.join();
}

using DiscoveryEnds = tests::FakeRegistryFixture;

// The thread that asks held the state for a moment, and ended it itself.
TEST_F(DiscoveryEnds, OnlyWhenNobodyIsBeingTold) {
    SlowReader reader;
    registry->set_hanging(true);
    auto found = std::make_unique<RegistryDiscovery>(discover());
    const Subscription subscription = found->subscribe([&] { reader.read(); });
    registry->set_hanging(false);
    expect_its_end_waits(std::move(found), reader);
    EXPECT_EQ(registry.use_count(), 1) << "the thread and its source are gone";
}

TEST_F(DiscoveryEnds, OnlyWhenTheirLogIsNotInUse) {
    SlowReader reader;
    options.log = Log{[&](LogLevel, std::string_view) { reader.read(); }, LogLevel::warning};
    registry->set_down(true);
    expect_its_end_waits(std::make_unique<RegistryDiscovery>(discover()), reader);
    EXPECT_EQ(registry.use_count(), 1) << "the thread and its source are gone";
}

TEST_F(DiscoveryEnds, OnlyWhenTheirLogIsNotInUseAlsoIfAnotherSharesTheThread) {
    const tests::RefusingEndpoint nobody;
    const std::string url = "http://" + nobody.endpoint().to_string();
    const RegistryDiscovery other{url, "billing", options};
    SlowReader reader;
    options.log = Log{[&](LogLevel, std::string_view) { reader.read(); }, LogLevel::warning};
    expect_its_end_waits(std::make_unique<RegistryDiscovery>(url, "calculator", options), reader);
    EXPECT_TRUE(eventually([&] { return other.status().error.has_value(); })) << "it goes on";
}

// The end had run under the lock that it needs.
TEST_F(DiscoveryEnds, AtAnyMoment) {
    registry->set_watchable(true);
    options.refresh = 21ms;
    for (int i = 0; i < 300; ++i) {
        const RegistryDiscovery found = discover();
        if (i % 3 != 0) {
            ASSERT_TRUE(found.get_all());
        }
        if (i % 3 == 2) registry->list({instance_named("a", 1)}, "e." + std::to_string(i));
    }
    EXPECT_EQ(registry.use_count(), 1);
}

TEST_F(DiscoveryEnds, AtAnyMomentBesideOthersOfItsThread) {
    const tests::RefusingEndpoint nobody;
    const std::string url = "http://" + nobody.endpoint().to_string();
    const RegistryDiscovery other{url, "billing", options};
    const auto come_and_go = [&](RegistryDiscoveryOptions mine) {
        for (int i = 0; i < 50; ++i) {
            // A use after the end is a use of this.
            std::atomic<bool> is_here{true};
            mine.log = Log{[&](LogLevel, std::string_view) { EXPECT_TRUE(is_here); }};
            {
                const RegistryDiscovery found{url, "calculator", mine};
                const Subscription told = found.subscribe([&] { EXPECT_TRUE(is_here); });
                if (i % 5 == 0) {
                    EXPECT_TRUE(eventually([&] { return found.status().error.has_value(); }));
                }
            }
            is_here = false;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(come_and_go, options);
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_TRUE(eventually([&] { return other.status().error.has_value(); }));
}

}  // namespace
}  // namespace rollcall::discovery
