// Fault F26: starts without a registry, from the list that a former process left in a file.
#include "list_cache.h"

#include <rollcall/discovery/registry_discovery.h>

#include "discovery/fake_registry.h"
#include "support/eventually.h"
#include "support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

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
    ListCache cache{options.cache_file, 24h, Log::none()};
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
    RegistryDiscovery found = discover();
    ASSERT_TRUE(found.get_all());
    registry->list({instance_named("b", 1)}, "e.2");
    ASSERT_TRUE(found.refresh());
    const std::string text = log();
    const std::size_t first = text.find("is not kept");
    ASSERT_NE(first, std::string::npos) << text;
    EXPECT_EQ(text.find("is not kept", first + 1), std::string::npos) << text;
}

}  // namespace
}  // namespace rollcall::discovery
