// When and how often a registrar calls back, over a registry in memory.
#include <rollcall/registry/registrar.h>

#include "registry/fake_announcer.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using tests::eventually;
using tests::FakeRegistry;
using Mood = tests::FakeRegistry::Mood;

RegistrarOptions options_for_calls() {
    RegistrarOptions options;
    options.service = "calculator";
    options.server = Endpoint{"127.0.0.1", 9000};
    options.log = Log::none();
    return options;
}

TEST(RegistrarCallbacks, TellsEachChangeOfState) {
    FakeRegistry fake;
    fake.set(Mood::away);
    std::mutex mutex;
    std::vector<RegistrarState> states;
    RegistrarOptions options = options_for_calls();
    options.on_state = [&](RegistrarState state, std::string_view) {
        const std::lock_guard lock{mutex};
        states.push_back(state);
    };
    {
        Registrar registrar{fake.connection(), options};
        EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
        fake.set(Mood::well);
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
    }
    EXPECT_THAT(
        states,
        ElementsAre(RegistrarState::retrying, RegistrarState::registered, RegistrarState::stopped)
    );
}

TEST(RegistrarCallbacks, MayBeStoppedAndDestroyedInItsOwnCallback) {
    FakeRegistry fake;
    std::optional<Registrar> registrar;
    std::atomic<bool> built{false};
    std::atomic<bool> destroyed{false};
    RegistrarOptions options = options_for_calls();
    options.on_state = [&](RegistrarState state, std::string_view) {
        if (state != RegistrarState::registered) return;
        EXPECT_TRUE(eventually([&] { return built.load(); }));
        registrar->stop();
        registrar.reset();
        destroyed = true;
    };
    registrar.emplace(fake.connection(), options);
    built = true;
    EXPECT_TRUE(eventually([&] { return destroyed.load(); }));
    EXPECT_TRUE(eventually([&] { return fake.withdrawals() == 1; }));
}

// registrar.h: what health and on_state capture need not live longer than that.
TEST(RegistrarCallbacks, CallsNothingMoreOnceItIsDestroyedInItsOwnCallback) {
    FakeRegistry fake;
    std::optional<Registrar> registrar;
    std::atomic<bool> built{false};
    std::atomic<bool> destroyed{false};
    std::atomic<int> late{0};
    auto captured = std::make_shared<int>();
    const std::weak_ptr<int> loop_lives = captured;
    RegistrarOptions options = options_for_calls();
    options.health = [&] {
        if (destroyed) ++late;
        return true;
    };
    options.on_state = [&, captured](RegistrarState, std::string_view) {
        if (destroyed) {
            ++late;
            return;
        }
        EXPECT_TRUE(eventually([&] { return built.load(); }));
        registrar.reset();
        destroyed = true;
    };
    captured.reset();
    registrar.emplace(fake.connection(), options);
    options = {};
    built = true;
    EXPECT_TRUE(eventually([&] { return loop_lives.expired(); }));
    EXPECT_TRUE(destroyed);
    EXPECT_EQ(fake.withdrawals(), 1);
    EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace rollcall::registry
