// Every limit of a server: at it, and over it.

#include <rollcall/codec/message_reader.h>

#include "hello.h"
#include "server_harness.h"

#include <gtest/gtest.h>

#include <vector>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

TEST(Limits, Connections) {
    ServerOptions options;
    options.max_connections = 3;
    TestServer tested{options};
    std::vector<RawPeer> peers;
    for (std::uint32_t i = 0; i < 3; ++i) {
        peers.emplace_back(tested.endpoint());
        EXPECT_TRUE(peers.back().send(request(i, "add", 1, 2)));
        EXPECT_EQ(peers.back().receive_exactly(5), result(i, 3));
    }
    for (int i = 0; i < 5; ++i) {
        // It is told that nothing was executed, whatever it has sent with its hello.
        RawPeer refused{tested.endpoint()};
        EXPECT_TRUE(refused.send(hello(1) + request(2, "add", 1, 2)));
        const auto said = answers_in(refused.receive_all());
        ASSERT_EQ(said.size(), 1U);
        EXPECT_EQ(said[0].method, "$/goaway");
        const auto goaway = read_goaway(said[0].params);
        ASSERT_TRUE(goaway);
        EXPECT_EQ(goaway->reason, "too many connections");
        EXPECT_EQ(goaway->last_id, std::nullopt);
        EXPECT_TRUE(refused.at_end());
    }
    // One that knows nothing of goaways gets errors, one that says nothing gets nothing.
    RawPeer plain{tested.endpoint()};
    EXPECT_TRUE(plain.send(request(1, "add", 1, 2) + request(2, "add", 1, 2)));
    const std::string why = "UNAVAILABLE: the server has too many connections";
    EXPECT_EQ(plain.receive_exactly(2 * error(1, why).size()), error(1, why) + error(2, why));
    RawPeer silent{tested.endpoint()};
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_TRUE(silent.at_end());
    EXPECT_EQ(tested.server.stats().connections, 3U);
    EXPECT_EQ(tested.server.stats().refused, 7U);
    EXPECT_EQ(tested.log.count(LogLevel::warning, "max_connections"), 1U);  // once, not five times
    // A place that is left is taken again.
    peers.pop_back();
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 2; }));
    RawPeer next{tested.endpoint()};
    EXPECT_TRUE(next.send(request(9, "add", 1, 2)));
    EXPECT_EQ(next.receive_exactly(5), result(9, 3));
}

TEST(Limits, InFlight) {
    ServerOptions options;
    options.max_in_flight = 4;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    RawPeer peer{tested.endpoint()};
    // Requests and notifications that wait; behind them, ones that would not.
    std::string sent = notification("hold", "n");
    for (std::uint32_t id = 0; id < 6; ++id)
        sent += request(id, "hold", std::string(id, 'x'));
    for (std::uint32_t id = 10; id < 500; ++id)
        sent += request(id, "size", std::string(1000, 'x'));
    EXPECT_TRUE(peer.send(sent));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 4; }));
    EXPECT_EQ(peer.receive(1, 100ms), "");  // reading has stopped
    EXPECT_EQ(tested.gate.begun(), 4U);
    EXPECT_EQ(bystander.undisturbed(), "");
    tested.gate.open();
    const auto answers = receive_answers(peer, 496);
    ASSERT_EQ(answers.size(), 496U);  // nothing is lost
    std::vector<bool> seen(500);
    for (const Answer& answer : answers) {
        EXPECT_EQ(answer.error, "");
        EXPECT_FALSE(seen.at(answer.id));
        seen.at(answer.id) = true;
    }
    EXPECT_EQ(tested.server.stats().in_flight_bytes, 0U);
}

TEST(Limits, RequestBytesOfAllConnectionsAndThreads) {
    ServerOptions options;
    options.io_threads = 2;
    options.max_request_bytes = 10000;
    TestServer tested{options};
    std::vector<RawPeer> peers;
    for (std::uint32_t i = 0; i < 4; ++i) {
        peers.emplace_back(tested.endpoint());
        EXPECT_TRUE(peers.back().send(request(1, "size", "abc")));
        EXPECT_EQ(peers.back().receive_exactly(5), result(1, 3));
    }
    const std::string payload(6000, 'x');
    EXPECT_TRUE(peers[0].send(request(2, "hold", payload)));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 1; }));
    EXPECT_TRUE(peers[1].send(request(2, "hold", payload)));  // under the limit when it came
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 2; }));
    EXPECT_GE(tested.server.stats().in_flight_bytes, 12000U);
    // Over it now. Others may have a read under way, then they wait as well.
    for (std::uint32_t i = 0; i < 4; ++i) {
        for (std::uint32_t id = 10; id < 20; ++id)
            EXPECT_TRUE(peers[i].send(request(id, "hold", payload)));
    }
    EXPECT_EQ(peers[0].receive(1, 100ms), "");
    EXPECT_LE(tested.gate.begun(), 6U);  // two, and at most one more of each connection
    tested.gate.open();
    for (std::uint32_t i = 0; i < 4; ++i) {
        const std::size_t expected = i < 2 ? 11 : 10;
        const auto answers = receive_answers(peers[i], expected);
        EXPECT_EQ(answers.size(), expected) << i;
        for (const Answer& answer : answers)
            EXPECT_EQ(answer.error, "");
    }
    EXPECT_TRUE(eventually([&] { return tested.server.stats().in_flight_bytes == 0; }));
    EXPECT_TRUE(peers[0].send(request(30, "add", 1, 2)));
    EXPECT_EQ(peers[0].receive_exactly(5), result(30, 3));
}

// Each handler counts a KiB and a little: ten of them reach the limit, and connecting anew does not
// make room for more.
TEST(Limits, HandlersOfClosedConnectionsCountUntilTheyEnd) {
    const std::size_t each = request(1, "hold", "x").size() + 1024;
    ServerOptions options;
    options.max_request_bytes = 10 * each;
    TestServer tested{options};
    for (std::size_t begun = 2; begun <= 8; begun += 2) {
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(peer.send(request(1, "hold", "x") + request(2, "hold", "x")));
        EXPECT_TRUE(eventually([&] { return tested.gate.begun() == begun; }));
        peer.reset();
    }
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
    EXPECT_EQ(tested.server.stats().in_flight_bytes, 8 * each);
    RawPeer peer{tested.endpoint()};
    for (std::uint32_t id = 0; id < 5; ++id)
        EXPECT_TRUE(peer.send(request(id, "hold", "x")));
    EXPECT_TRUE(eventually([&] { return tested.gate.begun() == 10; }));  // at the limit: held
    EXPECT_EQ(peer.receive(1, 100ms), "");
    EXPECT_EQ(tested.gate.begun(), 10U);
    tested.gate.open();
    EXPECT_EQ(receive_answers(peer, 5).size(), 5U);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().in_flight_bytes == 0; }));
}

// Nobody announces that such a handler has ended: who waits for its bytes still hears of it.
TEST(Limits, WhoWaitsForHandlersOfClosedConnectionsGoesOn) {
    ServerOptions options;
    options.max_request_bytes = 1100;  // two handlers
    options.stall_timeout = 400ms;     // a tick each 100 ms
    options.log = Log::none();
    Gate first;
    Gate second;
    Server server{options};
    server.handle("first", [&]() -> asio::awaitable<void> { co_await first.pass(); });
    server.handle("second", [&]() -> asio::awaitable<void> { co_await second.pass(); });
    server.handle("add", [](int a, int b) { return a + b; });
    server.start();
    RawPeer leaves{server.endpoint()};
    EXPECT_TRUE(leaves.send(request(1, "first")));
    EXPECT_TRUE(eventually([&] { return first.begun() == 1; }));
    leaves.reset();
    EXPECT_TRUE(eventually([&] { return server.stats().connections == 0; }));
    RawPeer stays{server.endpoint()};
    EXPECT_TRUE(stays.send(request(1, "second")));
    EXPECT_TRUE(eventually([&] { return second.begun() == 1; }));
    RawPeer waits{server.endpoint()};
    EXPECT_TRUE(waits.send(request(1, "add", 1, 2)));  // the first read is free
    EXPECT_EQ(waits.receive_exactly(5), result(1, 3));
    EXPECT_TRUE(waits.send(request(2, "add", 1, 2)));
    EXPECT_EQ(waits.receive(1, 300ms), "");
    first.open();
    EXPECT_EQ(waits.receive_exactly(5), result(2, 3));
    second.open();
    EXPECT_TRUE(eventually([&] { return server.stats().in_flight_bytes == 0; }));
}

// What a server holds for a half message that came in one piece.
std::size_t held_for(std::string_view half) {
    codec::MessageReader reader{codec::Limits{}};
    static_cast<void>(reader.feed(half, [](codec::Bytes) { return true; }));
    return reader.memory_bytes();
}

TEST(Limits, HeldBytesOfAllConnections) {
    const std::string half = request(1, "size", std::string(3000, 'x')).substr(0, 2000);
    const std::string larger = request(1, "size", std::string(3000, 'x')).substr(0, 2500);
    ServerOptions options;
    options.limits.max_message_bytes = 4096;
    options.max_held_bytes = 5 * held_for(half);
    ASSERT_GE(options.max_held_bytes, 2 * options.limits.max_message_bytes);
    TestServer tested{options};
    const auto begin = [&](std::string_view bytes) {
        // Behind a whole request, in one write: its answer tells that the server has both.
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(peer.send(request(7, "add", 1, 2) + std::string{bytes}));
        EXPECT_EQ(peer.receive_exactly(5), result(7, 3));
        return peer;
    };
    std::vector<RawPeer> peers;
    for (int i = 0; i < 5; ++i)  // under it, and at last at it
        peers.push_back(begin(half));
    RawPeer over = begin(larger);
    EXPECT_TRUE(is_closed(over));
    EXPECT_EQ(tested.log.count(LogLevel::warning, "too many unfinished messages"), 1U);
    // The others lose nothing, and what they held is free when they have sent the rest.
    const std::string whole = request(1, "size", std::string(3000, 'x'));
    for (RawPeer& peer : peers) {
        EXPECT_TRUE(peer.send(std::string_view{whole}.substr(half.size())));
        EXPECT_EQ(receive_answers(peer, 1).at(0).error, "");
    }
    for (int i = 0; i < 4; ++i)
        peers[static_cast<std::size_t>(i)] = begin(half);
    EXPECT_EQ(tested.log.count(LogLevel::warning, "too many unfinished messages"), 1U);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 5; }));
}

TEST(Limits, UnsentRepliesCountAsHeldBytes) {
    ServerOptions options;
    options.limits.max_message_bytes = 64 << 10;
    options.max_held_bytes = 1 << 20;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    std::vector<RawPeer> peers;
    for (int i = 0; i < 4; ++i) {
        peers.emplace_back(tested.endpoint());
        peers.back().set_receive_buffer(4096);
        std::string requests;
        for (std::uint32_t id = 0; id < 200; ++id)
            requests += request(id, "big", 60000);
        EXPECT_TRUE(peers.back().send(requests));
    }
    // Each would hold a MiB of replies that it does not read.
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::warning, "too many unfinished messages") >= 3;
    })) << tested.log.text();
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(Limits, MessageSize) {
    constexpr std::size_t kLimit = 5000;
    ServerOptions options;
    options.limits.max_message_bytes = kLimit;
    TestServer tested{options};
    const std::size_t head = request(1, "size", std::string(4000, 'x')).size() - 4000;
    for (const std::size_t size : {kLimit - 1, kLimit}) {
        RawPeer peer{tested.endpoint()};
        EXPECT_TRUE(peer.send(request(1, "size", std::string(size - head, 'x'))));
        EXPECT_EQ(receive_answers(peer, 1).at(0).error, "") << size;
    }
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "size", std::string(kLimit + 1 - head, 'x'))));
    EXPECT_TRUE(is_closed(peer));
    EXPECT_EQ(tested.log.count(LogLevel::warning, "exceeds the size limit"), 1U);
}

TEST(Limits, ResultSize) {
    constexpr std::size_t kLimit = 5000;
    ServerOptions options;
    options.limits.max_message_bytes = kLimit;
    TestServer tested{options};
    const std::size_t head = result(1, std::string(4000, 'x')).size() - 4000;
    RawPeer peer{tested.endpoint()};
    for (const std::size_t size : {kLimit - 1, kLimit}) {
        EXPECT_TRUE(peer.send(request(1, "big", size - head)));
        EXPECT_EQ(peer.receive_exactly(size), result(1, std::string(size - head, 'x')));
    }
    EXPECT_TRUE(peer.send(request(1, "big", kLimit + 1 - head) + request(2, "add", 1, 2)));
    const auto answers = receive_answers(peer, 2);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].error, "RESULT_TOO_LARGE: the result has 5001 bytes; the limit is 5000");
    EXPECT_EQ(answers[1].error, "");
}

TEST(Limits, IdleConnectionsEnd) {
    ServerOptions options;
    options.idle_timeout = 200ms;
    TestServer tested{options};
    RawPeer plain{tested.endpoint()};
    EXPECT_TRUE(plain.send(request(1, "add", 1, 2)));
    EXPECT_EQ(plain.receive_all(), result(1, 3));  // and FIN

    // A peer whose only message was refused is no exception.
    RawPeer refused{tested.endpoint()};
    EXPECT_TRUE(refused.send(std::string{"\x93\x00\x05\xa1x", 5}));
    EXPECT_TRUE(refused.receive_all().starts_with("\x94\x01\x05"));
    EXPECT_TRUE(refused.at_end());

    RawPeer ours{tested.endpoint()};
    EXPECT_TRUE(ours.send(hello(7)));
    const auto answers = answers_in(ours.receive_all());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[1].method, "$/goaway");
    EXPECT_TRUE(ours.at_end());
    EXPECT_EQ(tested.log.count(LogLevel::warning, ""), 0U) << tested.log.text();
}

TEST(Limits, AConnectionWithACallInFlightIsNotIdle) {
    ServerOptions options;
    options.idle_timeout = 100ms;
    TestServer tested{options};
    RawPeer peer{tested.endpoint()};
    RawPeer idle{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "hold", "abc")));
    EXPECT_TRUE(idle.send(request(1, "add", 1, 2)));
    EXPECT_EQ(idle.receive_all(), result(1, 3));
    EXPECT_EQ(peer.receive(1, 300ms), "");
    EXPECT_FALSE(peer.at_end());
    tested.gate.open();
    EXPECT_EQ(peer.receive_all(), result(1, 3));
}

}  // namespace
}  // namespace rollcall::rpc::tests
