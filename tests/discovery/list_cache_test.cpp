// Fault F26: starts without a registry, from the list that a former process left in a file.
#include "list_cache.h"

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/rpc/io_threads.h>

#include "discovery/fake_registry.h"
#include "support/eventually.h"
#include "support/temporary_directory.h"

#include <asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <unistd.h>

namespace rollcall::discovery {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using tests::eventually;
using tests::FakeRegistry;
using tests::FakeSource;
using tests::instance_named;

class F26StaleCacheFile : public ::testing::Test {
protected:
    struct Kept {
        std::mutex mutex;
        std::ostringstream said;
    };

    const std::shared_ptr<Kept> kept = std::make_shared<Kept>();

    F26StaleCacheFile() {
        options.refresh = 50ms;
        options.hurry_gap = 10ms;
        options.cache_file = directory.path() + "/calculator.list";
        // The thread that asks may end a little after the discovery.
        options.log =
            Log{[log = kept](LogLevel, std::string_view line) {
                    const std::lock_guard lock{log->mutex};
                    log->said << line << '\n';
                },
                LogLevel::info};
    }

    RegistryDiscovery discover() {
        return RegistryDiscovery{
            std::make_unique<FakeSource>(registry), "the fake registry", "calculator", options};
    }

    std::string log() {
        const std::lock_guard lock{kept->mutex};
        return kept->said.str();
    }

    void leave_a_list() {
        registry->list({instance_named("a", 1)}, "e.1");
        const RegistryDiscovery found = discover();
        ASSERT_TRUE(found.get_all());
        ASSERT_TRUE(eventually([&] { return std::filesystem::exists(options.cache_file); }));
    }

    std::string kept_text() {
        std::ifstream in{options.cache_file};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    }

    // Two lists within a second, and the discovery is ended by `end`.
    void end_with_two_lists(const std::function<void(std::unique_ptr<RegistryDiscovery>)>& end) {
        options.refresh = 1h;
        registry->list({instance_named("a", 1)}, "e.1");
        auto found = std::make_unique<RegistryDiscovery>(discover());
        ASSERT_TRUE(found->get_all());
        ASSERT_TRUE(eventually([&] { return std::filesystem::exists(options.cache_file); }));
        registry->list({instance_named("b", 2)}, "e.2");
        ASSERT_TRUE(found->refresh());
        end(std::move(found));
    }

    tests::TemporaryDirectory directory;
    std::shared_ptr<FakeRegistry> registry = std::make_shared<FakeRegistry>();
    RegistryDiscoveryOptions options;
};

TEST_F(F26StaleCacheFile, ServesUntilTheFirstAnswer) {
    leave_a_list();
    registry->set_down(true);
    const RegistryDiscovery found = discover();
    EXPECT_EQ(found.get(SelectMode::random)->id, "a");
    EXPECT_EQ(found.status().origin, registry::Origin::cache);
    EXPECT_TRUE(eventually([&] { return found.status().error.has_value(); }));
    EXPECT_THAT(log(), HasSubstr("calculator.list"));
    registry->list({instance_named("b", 2)}, "f.1");
    registry->set_down(false);
    EXPECT_TRUE(eventually([&] { return found.get(SelectMode::random)->id == "b"; }));
    EXPECT_EQ(found.status().origin, registry::Origin::registry);
}

TEST_F(F26StaleCacheFile, IsNotReadWhileTheRegistryAnswers) {
    leave_a_list();
    registry->list({instance_named("b", 2)}, "f.1");
    const RegistryDiscovery found = discover();
    EXPECT_EQ(found.get(SelectMode::random)->id, "b");
}

TEST_F(F26StaleCacheFile, TooOldIsRefused) {
    leave_a_list();
    std::ifstream in{options.cache_file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t at = text.find("\"saved\":") + 8;
    text.replace(at, text.find(',', at) - at, "1000000000");
    std::ofstream{options.cache_file} << text;
    registry->set_down(true);
    const RegistryDiscovery found = discover();
    EXPECT_FALSE(found.get(SelectMode::random, Deadline::in(100ms)));
    EXPECT_THAT(log(), HasSubstr("s old, at most 86400 s"));
}

TEST_F(F26StaleCacheFile, TornAtAnyByteIsRefused) {
    leave_a_list();
    std::ifstream in{options.cache_file};
    const std::string whole{std::istreambuf_iterator<char>{in}, {}};
    ListCache cache{"calculator", options.cache_file, 24h, Log::none()};
    ASSERT_TRUE(cache.read(SteadyClock::now()));
    // Without the line's end it is whole.
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        std::ofstream{options.cache_file} << whole.substr(0, size);
        ASSERT_FALSE(cache.read(SteadyClock::now())) << "cut at " << size;
    }
}

TEST_F(F26StaleCacheFile, ThatCannotBeWrittenIsSaidOnce) {
    options.cache_file = directory.path() + "/no/such/directory/list";
    registry->list({instance_named("a", 1)}, "e.1");
    {
        RegistryDiscovery found = discover();
        ASSERT_TRUE(found.get_all());
        ASSERT_TRUE(eventually([&] { return log().find("is not kept") != std::string::npos; }));
        registry->list({instance_named("b", 1)}, "e.2");
        ASSERT_TRUE(found.refresh());
    }
    const std::string text = log();
    const std::size_t first = text.find("is not kept");
    EXPECT_EQ(text.find("is not kept", first + 1), std::string::npos) << text;
}

// One options object for two services gave one of them the servers of the other.
TEST_F(F26StaleCacheFile, OfAnotherServiceIsRefused) {
    leave_a_list();
    registry->set_down(true);
    const RegistryDiscovery found{
        std::make_unique<FakeSource>(registry), "the fake registry", "billing", options};
    EXPECT_FALSE(found.get(SelectMode::random, Deadline::in(100ms)));
    EXPECT_THAT(log(), HasSubstr("it is that of 'calculator', not that of 'billing'"));
}

TEST_F(F26StaleCacheFile, HoldsTheLastListSoonAfter) {
    options.refresh = 1h;
    registry->set_watchable(true);
    registry->list({instance_named("a", 1)}, "e.1");
    const RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    for (int i = 2; i < 6; ++i) {
        const std::string index = "e." + std::to_string(i);
        registry->list({instance_named("a", 1)}, index);
        ASSERT_TRUE(eventually([&] { return found.status().index == index; }));
    }
    EXPECT_TRUE(eventually([&] { return kept_text().find("e.5") != std::string::npos; }));
}

TEST_F(F26StaleCacheFile, HoldsTheLastListWhenTheDiscoveryEnds) {
    end_with_two_lists([](std::unique_ptr<RegistryDiscovery> found) { found.reset(); });
    EXPECT_THAT(kept_text(), HasSubstr("e.2"));
}

TEST_F(F26StaleCacheFile, HoldsTheLastListOfADiscoveryThatEndsOnAnIoThread) {
    const rpc::IoThreads threads{1};
    end_with_two_lists([&](std::unique_ptr<RegistryDiscovery> found) {
        asio::post(threads.executor(), [kept = std::move(found)]() mutable { kept.reset(); });
    });
    EXPECT_TRUE(eventually([&] { return kept_text().find("e.2") != std::string::npos; }));
    EXPECT_TRUE(eventually([&] { return registry.use_count() == 1; }));
}

// A disk that hangs kept the lists from everybody.
TEST_F(F26StaleCacheFile, IsWrittenAfterTheListIsTold) {
    registry->set_hanging(true);
    const RegistryDiscovery found = discover();
    std::atomic<int> told{0};
    std::atomic<bool> was_written{false};
    const Subscription subscription = found.on_change([&](const ListChange&) {
        was_written = was_written || std::filesystem::exists(options.cache_file);
        ++told;
    });
    registry->set_hanging(false);
    EXPECT_TRUE(eventually([&] { return std::filesystem::exists(options.cache_file); }));
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(was_written);
}

TEST_F(F26StaleCacheFile, IsWrittenOnceASecondAtMost) {
    ListCache cache{"calculator", options.cache_file, 24h, Log::none()};
    EXPECT_EQ(cache.due(), TimePoint::max()) << "nothing to write";
    cache.keep(std::make_shared<const registry::Snapshot>());
    EXPECT_LE(cache.due(), SteadyClock::now()) << "the first one at once";
    cache.write();
    const TimePoint written = SteadyClock::now();
    EXPECT_EQ(cache.due(), TimePoint::max());
    cache.keep(std::make_shared<const registry::Snapshot>());
    EXPECT_GT(cache.due(), written);
    EXPECT_LE(cache.due(), written + 1s);
}

// In containers every process is number 1, and both wrote to one file.
TEST_F(F26StaleCacheFile, IsNotMadeOfAFileThatAnotherProcessOfThisNumberWrites) {
    const std::string others = options.cache_file + "." + std::to_string(::getpid()) + ".new";
    ASSERT_TRUE(std::filesystem::create_directory(others));
    leave_a_list();
    EXPECT_THAT(kept_text(), HasSubstr("e.1"));
}

}  // namespace
}  // namespace rollcall::discovery
