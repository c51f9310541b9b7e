// What connections are told that a server does not serve, and what its log says of them.

#include "server_harness.h"
#include "warning_pace.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// ---- over max_connections

class Refusals : public testing::Test {
protected:
    // One connection is open; others are refused.
    static ServerOptions full(std::size_t max_refusals, Duration timeout) {
        ServerOptions options;
        options.max_connections = 1;
        options.max_refusals = max_refusals;
        options.refusal_timeout = timeout;
        return options;
    }

    static void take_place(RawPeer& peer) {
        ASSERT_TRUE(peer.send(request(1, "add", 1, 2)));
        ASSERT_EQ(peer.receive_exactly(5), result(1, 3));
    }

    static void expect_told(RawPeer& peer) {
        EXPECT_TRUE(peer.send(hello(1)));
        const auto said = answers_in(peer.receive_all());
        ASSERT_EQ(said.size(), 1U);
        EXPECT_EQ(said[0].method, "$/goaway");
    }
};

TEST_F(Refusals, AreListenedToUpToTheirLimitAndClosedBeyondIt) {
    TestServer tested{full(2, 60s)};
    RawPeer place{tested.endpoint()};
    take_place(place);
    RawPeer under{tested.endpoint()};
    RawPeer at{tested.endpoint()};
    RawPeer over{tested.endpoint()};
    EXPECT_TRUE(is_closed(over));
    expect_told(at);
    expect_told(under);
    under.close();
    at.close();
    // Whoever has been told makes room, once it has closed.
    EXPECT_TRUE(eventually([&] {
        RawPeer next{tested.endpoint()};
        return next.send(hello(1)) && !next.receive_all().empty();
    }));
    EXPECT_EQ(tested.server.stats().connections, 1U);
}

TEST_F(Refusals, EndWithTheirTime) {
    TestServer tested{full(1, 100ms)};
    RawPeer place{tested.endpoint()};
    take_place(place);
    const TimePoint begun = SteadyClock::now();
    RawPeer silent{tested.endpoint()};
    EXPECT_TRUE(is_closed(silent));
    EXPECT_GE(SteadyClock::now() - begun, 100ms);
}

TEST_F(Refusals, WithoutALimitOrTimeAreNoOptions) {
    EXPECT_THROW(Server{full(0, 1s)}, std::invalid_argument);
    EXPECT_THROW(Server{full(1, 0s)}, std::invalid_argument);
}

// ---- warnings

TEST(WarningPace, SoManyASecondAndTheOthersAreCounted) {
    WarningPace pace{2};
    const TimePoint begun = TimePoint{} + 1h;
    EXPECT_TRUE(pace.take(begun));
    EXPECT_TRUE(pace.take(begun + 500ms));
    EXPECT_EQ(pace.take_left_out(begun + 2s), 0U);
    EXPECT_TRUE(pace.take(begun + 2s));
    EXPECT_TRUE(pace.take(begun + 2s));
    EXPECT_FALSE(pace.take(begun + 2s));
    EXPECT_FALSE(pace.take(begun + 2999ms));
    EXPECT_EQ(pace.take_left_out(begun + 2999ms), 0U) << "the second is not over";
    EXPECT_FALSE(pace.take(begun + 3s)) << "those before it have not been told";
    EXPECT_EQ(pace.take_left_out(begun + 3s), 3U);
    EXPECT_EQ(pace.take_left_out(begun + 3s), 0U);
    EXPECT_TRUE(pace.take(begun + 3s));
}

TEST(WarningPace, NoneAtAll) {
    WarningPace pace{0};
    EXPECT_FALSE(pace.take(TimePoint{} + 1h));
    EXPECT_EQ(pace.take_left_out(TimePoint::max()), 1U);
}

TEST(Rubbish, IsNamedInAFewWarningsAndCountedInOne) {
    constexpr std::size_t kPeers = 200;
    constexpr std::size_t kNamed = 2;
    KeptLog log;
    const TimePoint begun = SteadyClock::now();
    {
        ServerOptions options;
        options.max_close_warnings = kNamed;
        options.log = log.log();
        Server server{options};
        server.start();
        for (std::size_t i = 0; i < kPeers; ++i) {
            RawPeer peer{server.endpoint()};
            EXPECT_TRUE(peer.send("\xc1"));
            EXPECT_TRUE(is_closed(peer));
        }
        EXPECT_EQ(server.stats().protocol_errors, kPeers);
    }
    const std::string name = "closed the connection of";
    const std::size_t named = log.count(LogLevel::warning, name);
    const auto seconds =
        std::chrono::ceil<std::chrono::seconds>(SteadyClock::now() - begun).count();
    EXPECT_GE(named, kNamed);
    EXPECT_LE(named, kNamed * (static_cast<std::size_t>(seconds) + 1));
    EXPECT_EQ(named + log.count(LogLevel::debug, name), kPeers);
    EXPECT_GE(log.count(LogLevel::warning, "more connections for what they did"), 1U);
}

TEST(Rubbish, UpToTheLimitIsNamedAlone) {
    KeptLog log;
    {
        ServerOptions options;
        options.max_close_warnings = 3;
        options.log = log.log();
        Server server{options};
        server.start();
        for (int i = 0; i < 3; ++i) {
            RawPeer peer{server.endpoint()};
            EXPECT_TRUE(peer.send("\xc1"));
            EXPECT_TRUE(is_closed(peer));
        }
    }
    EXPECT_EQ(log.count(LogLevel::warning, "closed the connection of"), 3U) << log.text();
    EXPECT_EQ(log.count(LogLevel::warning, "more connections"), 0U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
