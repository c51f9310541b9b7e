// Handshakes of TLS that are slow, cut off, too many, or none at all.

#include <rollcall/tls/session.h>

#include "tls_fixture.h"

#include <asio/use_future.hpp>

#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kHalfHello{"\x16\x03\x01\x02\x00\x01\x00\x01", 8};

class TlsHandshakes : public TlsFixture {
protected:
    [[nodiscard]] ServerOptions limited(std::size_t handshakes, Duration timeout) const {
        ServerOptions options = serving();
        options.max_handshakes = handshakes;
        options.handshake_timeout = timeout;
        return options;
    }
};

// ---- other protocols

TEST_F(TlsHandshakes, APlainClientIsToldInItsOwnProtocol) {
    TestServer tested{serving()};
    Client client{tested.endpoint()};
    const auto refused = client.call(invoke<int>("add", 1, 2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_request);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    EXPECT_THAT(refused.error().message(), HasSubstr("this port speaks TLS"));
    EXPECT_GE(tested.log.count(LogLevel::warning, "it speaks plain MessagePack-RPC"), 1U)
        << tested.log.text();
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(7, "add", 1, 2) + notification("note", "x") + "\x94\x00"));
    peer.finish();
    const auto answers = answers_in(peer.receive_all());
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].id, 7U);
    EXPECT_THAT(answers[0].error, StartsWith("INVALID_REQUEST: this port speaks TLS"));
    EXPECT_EQ(tested.notes.load(), 0U);
    EXPECT_EQ(tested.server.stats().requests, 0U);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
}

// Under the limit, at it and over it.
TEST_F(TlsHandshakes, APlainPeerIsAnsweredForSixtyFourKibibytes) {
    TestServer tested{serving()};
    const std::string call = request(1, "add", 1, 2);
    const std::size_t overhead = notification("note", std::string(60'000, 'x')).size() - 60'000;
    for (const std::size_t all : {65'535UL, 65'536UL, 65'537UL}) {
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(
            peer.send(notification("note", std::string(all - overhead - call.size(), 'x')) + call)
        );
        const bool is_over = all > 65'536;
        EXPECT_EQ(receive_answers(peer, 1).size(), is_over ? 0U : 1U) << all;
        EXPECT_EQ(peer.at_end(), is_over) << all;
    }
}

TEST_F(TlsHandshakes, ATlsClientOnAPlainPortSaysSo) {
    TestServer tested;
    const auto refused = call_add(tested.endpoint(), believing());
    EXPECT_EQ(refused.error().code(), Errc::connect_failed);
    EXPECT_THAT(error_of(refused), HasSubstr("within the TLS handshake"));
    EXPECT_THAT(error_of(refused), HasSubstr("if it speaks plain MessagePack-RPC"));
    EXPECT_EQ(tested.log.count(LogLevel::warning, "the peer speaks TLS"), 1U) << tested.log.text();
}

TEST_F(TlsHandshakes, AServerThatAnswersInPlainIsRecognised) {
    rollcall::tests::RawListener listener;
    Client client{listener.endpoint(), believing()};
    auto call = client.async_call(invoke<int>("add", 1, 2), asio::use_future);
    RawPeer peer = listener.accept();
    EXPECT_TRUE(peer.send(result(1, 3)));
    const auto refused = call.get();
    EXPECT_THAT(refused.error().message(), HasSubstr("the server does not speak TLS"));
}

TEST_F(TlsHandshakes, PlainHttpIsToldWhatThisIs) {
    ServerOptions options = serving();
    options.http_hint = "admin: http://127.0.0.1:1";
    TestServer tested{options};
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    const std::string answer = peer.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(
        answer,
        HasSubstr("\r\n\r\nThis port speaks MessagePack-RPC over TLS, not HTTP; admin: "
                  "http://127.0.0.1:1.\n")
    );
    EXPECT_EQ(tested.log.count(LogLevel::warning, "it speaks plain HTTP"), 1U) << tested.log.text();
}

TEST_F(TlsHandshakes, RubbishEndsItself) {
    TestServer tested{serving()};
    Bystander bystander{tested.endpoint(), believing()};
    for (const std::string& rubbish :
         {std::string(600, '\xff'),
          std::string("\x16\x03\x01\x00\x05hello", 10),
          std::string("\x16", 1),
          std::string(1, '\0')}) {
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(peer.send(rubbish));
        peer.finish();
        EXPECT_TRUE(is_closed(peer));
    }
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 1; }));
    EXPECT_EQ(bystander.undisturbed(), "");
}

// ---- time

TEST_F(TlsHandshakes, WhoIsSlowIsClosedInItsTime) {
    TestServer tested{limited(256, 300ms)};
    const TimePoint begun = SteadyClock::now();
    RawPeer silent{tested.endpoint()};
    RawPeer slow{tested.endpoint()};
    EXPECT_TRUE(slow.send(kHalfHello));
    // A byte now and then buys no time.
    RawPeer drips{tested.endpoint()};
    EXPECT_TRUE(drips.send(kHalfHello));
    EXPECT_TRUE(eventually([&] { return !drips.send(std::string(1, '\0')); }));
    EXPECT_TRUE(is_closed(silent));
    EXPECT_TRUE(is_closed(slow));
    EXPECT_GE(SteadyClock::now() - begun, 300ms);
    EXPECT_EQ(tested.log.count(LogLevel::warning, "handshake was not complete in time"), 2U)
        << tested.log.text();
    EXPECT_EQ(tested.log.count(LogLevel::warning, "it said nothing"), 0U);
    EXPECT_EQ(tested.server.stats().failed_handshakes, 2U);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
}

TEST_F(TlsHandshakes, AServerThatSaysNothingCostsTheTimeToConnect) {
    rollcall::tests::RawListener listener;
    ClientOptions options = believing();
    options.connect_timeout = 200ms;
    const auto late = call_add(listener.endpoint(), options);
    EXPECT_EQ(late.error().code(), Errc::connect_failed);
    EXPECT_THAT(error_of(late), HasSubstr("the TLS handshake was not complete in time"));
}

TEST_F(TlsHandshakes, ProbesAreNoNews) {
    TestServer tested{limited(256, 200ms)};
    { RawPeer leaves{tested.endpoint()}; }
    RawPeer resets{tested.endpoint()};
    resets.reset();
    RawPeer silent{tested.endpoint()};
    EXPECT_TRUE(is_closed(silent));
    // As after a kill -9 within the handshake.
    for (const bool hard : {false, true}) {
        RawPeer killed{tested.endpoint()};
        EXPECT_TRUE(killed.send(kHalfHello));
        hard ? killed.reset() : killed.close();
    }
    EXPECT_TRUE(eventually([&] { return tested.server.stats().accepted == 5; }));
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
    EXPECT_EQ(tested.server.stats().protocol_errors, 0U);
}

// ---- number

TEST_F(TlsHandshakes, TheLimitIsOnThoseUnderWay) {
    TestServer tested{limited(2, 60s)};
    RawPeer first{tested.endpoint()};
    EXPECT_TRUE(first.send(kHalfHello));
    // One is under way: under the limit.
    EXPECT_EQ(call_add(tested.endpoint(), believing()).value(), 3);
    RawPeer second{tested.endpoint()};
    EXPECT_TRUE(second.send(kHalfHello));
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 2; }));
    // At the limit one more waits, until one of them leaves.
    ClientOptions options = believing();
    options.connect_timeout = 300ms;
    EXPECT_THAT(
        error_of(call_add(tested.endpoint(), options)),
        HasSubstr("the TLS handshake was not complete in time")
    );
    Client waits{tested.endpoint(), believing()};
    auto call = waits.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return tested.server.stats().accepted == 5; }));
    EXPECT_EQ(tested.server.stats().requests, 2U);  // the first client's hello and call
    second.close();
    EXPECT_EQ(call.get().value(), 3);
}

TEST_F(TlsHandshakes, ThoseThatWaitTakeTheirTurnsInOrder) {
    TestServer tested{limited(1, 60s)};
    RawPeer slow{tested.endpoint()};
    EXPECT_TRUE(slow.send(kHalfHello));
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 1; }));
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<std::future<Result<int>>> calls;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(tested.endpoint(), believing()));
        calls.push_back(
            clients.back()->async_call(invoke<int>("add", i, 1).within(60s), asio::use_future)
        );
    }
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 21; }));
    clients[3].reset();  // some leave while they wait
    slow.close();
    for (int i = 0; i < 20; ++i) {
        const auto sum = calls[static_cast<std::size_t>(i)].get();
        EXPECT_EQ(sum ? *sum : -1, i == 3 ? -1 : i + 1);
    }
}

TEST_F(TlsHandshakes, WhoeverHadNoTurnInTimeIsClosed) {
    TestServer tested{limited(1, 400ms)};
    RawPeer slow{tested.endpoint()};
    EXPECT_TRUE(slow.send(kHalfHello));
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 1; }));
    RawPeer next{tested.endpoint()};
    EXPECT_TRUE(next.send(kHalfHello));
    EXPECT_TRUE(is_closed(slow));
    EXPECT_TRUE(is_closed(next));
    EXPECT_EQ(tested.server.stats().failed_handshakes, 2U);
    EXPECT_EQ(call_add(tested.endpoint(), believing()).value(), 3);
}

// They cost no more than a socket.
TEST_F(TlsHandshakes, ThoseThatSayNothingTakeNoTurn) {
    TestServer tested{limited(1, 60s)};
    std::vector<RawPeer> silent;
    for (int i = 0; i < 10; ++i)
        silent.emplace_back(tested.endpoint());
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 10; }));
    EXPECT_EQ(call_add(tested.endpoint(), believing()).value(), 3);
}

TEST_F(TlsHandshakes, CountAsConnections) {
    ServerOptions options = serving();
    options.max_connections = 2;
    TestServer tested{options};
    RawPeer first{tested.endpoint()};
    EXPECT_EQ(call_add(tested.endpoint(), believing()).value(), 3);
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 1; }));
    RawPeer second{tested.endpoint()};
    ASSERT_TRUE(eventually([&] { return tested.server.stats().connections == 2; }));
    const auto refused = call_add(tested.endpoint(), believing());
    EXPECT_THAT(error_of(refused), HasSubstr("within the TLS handshake"));
    EXPECT_EQ(tested.server.stats().refused, 1U);
}

// ---- the end

TEST_F(TlsHandshakes, AStopWaitsForCallsAndNotForThem) {
    TestServer tested{serving()};
    Client client{tested.endpoint(), believing()};
    auto held =
        client.async_call(invoke<std::size_t>("hold", "four").within(30s), asio::use_future);
    RawPeer silent{tested.endpoint()};
    RawPeer half{tested.endpoint()};
    EXPECT_TRUE(half.send(kHalfHello));
    ASSERT_TRUE(eventually([&] {
        return tested.gate.begun() == 1 && tested.server.stats().connections == 3;
    }));
    std::thread stopper{[&] { tested.server.stop(30s); }};
    EXPECT_TRUE(is_closed(silent));
    EXPECT_TRUE(is_closed(half));
    tested.gate.open();
    EXPECT_EQ(held.get().value(), 4U);
    stopper.join();
    EXPECT_EQ(tested.server.stats().connections, 0U);
}

TEST_F(TlsHandshakes, AStopAtOnceEndsThem) {
    auto tested = std::make_unique<TestServer>(limited(1, 60s));
    std::vector<RawPeer> halves;
    for (int i = 0; i < 5; ++i) {
        halves.emplace_back(tested->endpoint());
        EXPECT_TRUE(halves.back().send(kHalfHello));
    }
    ASSERT_TRUE(eventually([&] { return tested->server.stats().connections == 5; }));
    tested->server.stop(0s);
    for (RawPeer& half : halves)
        EXPECT_TRUE(is_closed(half));
}

TEST_F(TlsHandshakes, AClientThatEndsWithinOneIsNotMissed) {
    rollcall::tests::RawListener listener;
    auto client = std::make_unique<Client>(listener.endpoint(), believing());
    auto call = client->async_call(invoke<int>("add", 1, 2).within(30s), asio::use_future);
    RawPeer peer = listener.accept();
    EXPECT_EQ(peer.receive_exactly(1), "\x16");
    client.reset();
    EXPECT_EQ(call.get().error().code(), Errc::shutting_down);
    EXPECT_TRUE(is_closed(peer));
}

}  // namespace
}  // namespace rollcall::rpc::tests
