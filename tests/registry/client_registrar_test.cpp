// The heartbeat loop over a registry in memory, and over servers that hang.
#include <rollcall/registry/registrar.h>

#include "http/scripted_server.h"
#include "registry/fake_announcer.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::eventually;
using tests::FakeRegistry;
using Mood = tests::FakeRegistry::Mood;

const Endpoint kServer{"127.0.0.1", 9000};

RegistrarOptions options_for(const Endpoint& server = kServer) {
    RegistrarOptions options;
    options.service = "calculator";
    options.server = server;
    options.log = Log::none();
    return options;
}

// What a registrar logs from `lowest` up.
class Lines {
public:
    [[nodiscard]] Log log(LogLevel lowest) {
        return Log{
            [this](LogLevel, std::string_view line) {
                const std::lock_guard lock{mutex_};
                lines_.emplace_back(line);
            },
            lowest};
    }

    [[nodiscard]] std::vector<std::string> all() const {
        const std::lock_guard lock{mutex_};
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

TEST(Registrar, RegistersBeatsAndLeaves) {
    FakeRegistry fake;
    {
        Registrar registrar{fake.connection(), options_for()};
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        EXPECT_EQ(registrar.state(), RegistrarState::registered);
        EXPECT_TRUE(eventually([&] { return fake.renewals() >= 3; }));
        EXPECT_EQ(fake.announcements(), 1);
    }
    EXPECT_EQ(fake.withdrawals(), 1);
}

TEST(Registrar, AnnouncesWhatTheOptionsSay) {
    FakeRegistry fake;
    RegistrarOptions options = options_for();
    options.service = "Calculator";
    options.version = "1.2";
    options.zone = "a";
    options.weight = 50;
    options.tags = {"blue"};
    options.meta = {{"k", "v"}};
    options.ttl = 300ms;
    Registrar first{fake.connection(), options};
    EXPECT_TRUE(first.wait_registered(Deadline::in(5s)).has_value());
    const Instance instance = fake.last();
    EXPECT_EQ(instance, first.instance());
    EXPECT_EQ(instance.service, "calculator");
    EXPECT_EQ(instance.id, "127.0.0.1:9000");
    EXPECT_EQ(instance.endpoint(), kServer);
    EXPECT_EQ(instance.version, "1.2");
    EXPECT_EQ(instance.zone, "a");
    EXPECT_EQ(instance.weight, 50);
    EXPECT_THAT(instance.tags, ElementsAre("blue"));
    EXPECT_EQ(instance.meta.at("k"), "v");
    EXPECT_EQ(instance.ttl, 300ms);
    EXPECT_THAT(instance.incarnation, SizeIs(16));

    Registrar second{fake.connection(), options};
    EXPECT_NE(second.instance().incarnation, instance.incarnation);
}

TEST(Registrar, AdvertisesTheFirstOfOptionListenAddressAndLocalAddress) {
    FakeRegistry fake;
    const auto advertised = [&fake](const Endpoint& server, const std::string& advertise) {
        RegistrarOptions options = options_for(server);
        options.advertise = advertise;
        Registrar registrar{fake.connection(), options};
        EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
        EXPECT_EQ(registrar.instance().id, registrar.instance().endpoint().to_string());
        return registrar.instance().endpoint().to_string();
    };
    EXPECT_EQ(advertised(kServer, ""), "127.0.0.1:9000");
    EXPECT_EQ(advertised({"0.0.0.0", 9000}, ""), "192.0.2.7:9000");
    EXPECT_EQ(advertised({"::", 9000}, ""), "192.0.2.7:9000");
    EXPECT_EQ(advertised({"0.0.0.0", 9000}, "name.example"), "name.example:9000");
    EXPECT_EQ(advertised({"0.0.0.0", 9000}, "name.example:80"), "name.example:80");
    EXPECT_EQ(advertised({"::", 9000}, "::1"), "[::1]:9000");
    EXPECT_EQ(advertised({"::", 9000}, "[::1]"), "[::1]:9000");
    EXPECT_EQ(advertised({"::", 9000}, "[::1]:80"), "[::1]:80");
    EXPECT_EQ(advertised({}, "127.0.0.1:80"), "127.0.0.1:80");
}

TEST(Registrar, OptionsThatCanNeverWorkThrow) {
    const auto problem = [](std::string_view url, const RegistrarOptions& options) -> std::string {
        try {
            const Registrar registrar{url, options};
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "nothing was thrown";
    };
    const std::string url = "http://127.0.0.1:1";
    EXPECT_THAT(problem("127.0.0.1:1", options_for()), HasSubstr("it has no scheme"));
    EXPECT_THAT(problem(url, {.service = "a b", .server = kServer}), HasSubstr("service"));
    EXPECT_THAT(problem(url, {.service = "a"}), HasSubstr("neither .server nor .advertise"));
    EXPECT_THAT(problem(url, options_for({"127.0.0.1", 0})), HasSubstr("start the server"));
    RegistrarOptions options = options_for();
    for (const char* wildcard : {"0.0.0.0:80", "[::]:80", "host:0"}) {
        options.advertise = wildcard;
        EXPECT_THAT(problem(url, options), HasSubstr("cannot be dialled"));
    }
    options.advertise = "no host";
    EXPECT_THAT(problem(url, options), HasSubstr("is not host or host:port"));
    options = options_for();
    options.weight = -1;
    EXPECT_THAT(problem(url, options), HasSubstr("weight"));
    EXPECT_THROW((Registrar{Connection{}, options_for()}), std::invalid_argument);
}

TEST(Registrar, KeepsTryingUntilTheRegistryIsThere) {
    FakeRegistry fake;
    fake.set(Mood::away);
    Lines lines;
    RegistrarOptions options = options_for();
    options.log = lines.log(LogLevel::warning);
    Registrar registrar{fake.connection(), options};
    EXPECT_TRUE(eventually([&] { return fake.announcements() >= 3; }));
    EXPECT_EQ(registrar.state(), RegistrarState::retrying);
    const auto waited = registrar.wait_registered(Deadline::in(10ms));
    ASSERT_FALSE(waited.has_value());
    EXPECT_EQ(waited.error().code(), Errc::timed_out);
    EXPECT_THAT(waited.error().message(), HasSubstr("the fake is away"));
    EXPECT_THAT(lines.all(), SizeIs(1)) << "a change of state is logged once";
    fake.set(Mood::well);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(10s)).has_value());
}

TEST(Registrar, SurvivesAnOutageAndRegistersAgainWhenForgotten) {
    FakeRegistry fake;
    Registrar registrar{fake.connection(), options_for()};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    fake.set(Mood::away);
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::retrying; }));
    fake.set(Mood::forgetful);
    EXPECT_TRUE(eventually([&] { return fake.announcements() == 2; }));
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
}

TEST(Registrar, ReplacedIsTerminalAndSaidLoudly) {
    FakeRegistry fake;
    Lines lines;
    RegistrarOptions options = options_for();
    options.log = lines.log(LogLevel::error);
    Registrar registrar{fake.connection(), options};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    fake.set(Mood::replacing);
    EXPECT_TRUE(eventually([&] { return registrar.state() == RegistrarState::replaced; }));
    const int beats = fake.renewals();
    const auto waited = registrar.wait_registered(Deadline::in(5s));
    ASSERT_FALSE(waited.has_value());
    EXPECT_THAT(waited.error().message(), HasSubstr("a newer process"));
    EXPECT_TRUE(eventually([&] { return lines.all().size() == 1; }));
    EXPECT_THAT(lines.all(), Contains(HasSubstr("'calculator/127.0.0.1:9000' was REPLACED")));
    registrar.set_status(Status::draining);
    registrar.stop();
    EXPECT_EQ(registrar.state(), RegistrarState::stopped);
    EXPECT_EQ(fake.renewals(), beats);
    EXPECT_EQ(fake.withdrawals(), 0) << "the list names the newer process, which must stay";
}

TEST(Registrar, AnnouncesANewStatusAtOnce) {
    FakeRegistry fake;
    Registrar registrar{fake.connection(), options_for()};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    registrar.set_status(Status::draining);
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    EXPECT_EQ(fake.last().status, Status::draining);
    EXPECT_EQ(registrar.instance().status, Status::draining);
    EXPECT_EQ(fake.announcements(), 2);
}

TEST(Registrar, AnnouncesDownWhileTheServerIsNotAlive) {
    FakeRegistry fake;
    auto alive = std::make_shared<std::atomic<bool>>(true);
    RegistrarOptions options = options_for();
    options.server = LiveEndpoint{kServer, [alive] { return alive->load(); }};
    Lines lines;
    options.log = lines.log(LogLevel::warning);
    Registrar registrar{fake.connection(), options};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    *alive = false;
    EXPECT_TRUE(eventually([&] { return fake.last().status == Status::down; }));
    EXPECT_THAT(lines.all(), ElementsAre(HasSubstr("announced as down")));
    registrar.set_status(Status::draining);
    *alive = true;
    EXPECT_TRUE(eventually([&] { return fake.last().status == Status::draining; }));
}

TEST(Registrar, HealthCheckThatThrowsMeansDown) {
    FakeRegistry fake;
    std::atomic<bool> broken{false};
    RegistrarOptions options = options_for();
    options.health = [&broken]() -> bool {
        if (broken) throw std::runtime_error{"no answer from the loop"};
        return true;
    };
    Lines lines;
    options.log = lines.log(LogLevel::warning);
    Registrar registrar{fake.connection(), options};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    broken = true;
    EXPECT_TRUE(eventually([&] { return fake.last().status == Status::down; }));
    EXPECT_TRUE(eventually([&] { return fake.renewals() > 3; }));
    EXPECT_THAT(lines.all(), ElementsAre(HasSubstr("no answer from the loop")));
}

TEST(Registrar, StopsPromptlyWhileTheRegistryHangs) {
    tests::ScriptedServer server{[](tests::RawPeer& peer, int) { (void)peer.receive_all(20s); }};
    for (const std::string scheme : {"", "header+"}) {
        const int before = server.connections();
        RegistrarOptions options = options_for();
        options.withdraw_timeout = 100ms;
        auto registrar = std::make_unique<Registrar>(scheme + server.url(), options);
        ASSERT_TRUE(eventually([&] { return server.connections() > before; }));
        const auto begun = SteadyClock::now();
        registrar.reset();
        EXPECT_LT(SteadyClock::now() - begun, options.request_timeout);
    }
}

TEST(Registrar, StopIsIdempotentAndFromAnyThread) {
    FakeRegistry fake;
    Registrar registrar{fake.connection(), options_for()};
    EXPECT_TRUE(registrar.wait_registered(Deadline::in(5s)).has_value());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&registrar] { registrar.stop(); });
    for (auto& thread : threads)
        thread.join();
    registrar.stop();
    EXPECT_EQ(fake.withdrawals(), 1);
    EXPECT_EQ(registrar.wait_registered(Deadline::in(5s)).error().code(), Errc::shutting_down);
}

// A request under way must not delay the end, whatever its time-out is.
TEST(Registrar, StopInterruptsTheRequestUnderWay) {
    FakeRegistry fake;
    fake.set(Mood::hung);
    RegistrarOptions options = options_for();
    options.request_timeout = 60s;
    options.withdraw_timeout = 50ms;
    Registrar registrar{fake.connection(), options};
    EXPECT_TRUE(eventually([&] { return fake.announcements() == 1; }));
    const auto begun = SteadyClock::now();
    registrar.stop();
    EXPECT_LT(SteadyClock::now() - begun, 20s);
    EXPECT_EQ(fake.withdrawals(), 1) << "the announcement may have arrived";
}

}  // namespace
}  // namespace rollcall::registry
