// Peers that take their time: to read, to write, to say anything at all.

#include "server_harness.h"

#include <gtest/gtest.h>

#include <vector>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

// Sends without waiting; false if the connection is gone. What the kernel does not take is lost.
bool push(RawPeer& peer, std::string_view bytes) {
    const ssize_t sent =
        ::send(peer.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent >= 0 || errno == EAGAIN;
}

TEST(SlowPeers, WhoNeverReadsItsRepliesIsClosedAndCostsLittle) {
    ServerOptions options;
    options.stall_timeout = 1s;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    const std::size_t before = resident_kib();
    RawPeer peer{tested.endpoint()};
    peer.set_receive_buffer(4096);
    // 20,000 requests whose results have 64 KiB each: 1.2 GiB if they were all made.
    std::string requests;
    for (std::uint32_t id = 0; id < 20000; ++id)
        requests += request(id, "big", 65536);
    EXPECT_TRUE(push(peer, requests));
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::warning, "it does not read its replies") == 1;
    })) << tested.log.text();
    // Requests ahead of a full queue are not even read.
    EXPECT_LT(tested.large_results.load(), 5000U);
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), before + 32 * 1024);
    }
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(SlowPeers, WhoReadsSlowlyGetsAll) {
    ServerOptions options;
    options.write_queue_high = 64 << 10;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    RawPeer peer{tested.endpoint()};
    std::string requests;
    for (std::uint32_t id = 0; id < 300; ++id)
        requests += request(id, "big", 100000);
    EXPECT_TRUE(peer.send(requests));
    const auto answers = receive_answers(peer, 300, 30s);
    ASSERT_EQ(answers.size(), 300U);
    for (std::uint32_t id = 0; id < 300; ++id)
        EXPECT_EQ(answers[id].id, id);
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(SlowPeers, UnsentRepliesOverTheHardLimitCloseAtOnce) {
    ServerOptions options;
    options.write_queue_high = 1 << 20;
    options.write_queue_hard = 2 << 20;
    options.limits.max_message_bytes = 1 << 20;
    options.log = Log::none();
    KeptLog log;
    options.log = log.log();
    Gate gate;
    Server server{options};
    server.handle("big_later", [&](std::size_t bytes) -> asio::awaitable<std::string> {
        co_await gate.pass();
        co_return std::string(bytes, 'x');
    });
    server.start();
    RawPeer peer{server.endpoint()};
    peer.set_receive_buffer(4096);
    // 100 handlers end at once, each with nearly 1 MiB.
    for (std::uint32_t id = 0; id < 100; ++id)
        EXPECT_TRUE(peer.send(request(id, "big_later", 1000000)));
    EXPECT_TRUE(eventually([&] { return gate.begun() == 100; }));
    const std::size_t before = resident_kib();
    gate.open();
    EXPECT_TRUE(eventually([&] { return server.stats().connections == 0; }));
    EXPECT_EQ(log.count(LogLevel::warning, "write_queue_hard"), 1U) << log.text();
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), before + 32 * 1024);
    }
    EXPECT_TRUE(eventually([&] { return server.stats().in_flight_bytes == 0; }));
}

TEST(SlowPeers, WhoSendsAByteNowAndThenIsClosed) {
    ServerOptions options;
    options.stall_timeout = 300ms;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    RawPeer peer{tested.endpoint()};
    const std::string message = request(1, "echo", std::string(1000, 'x'));
    const TimePoint begun = SteadyClock::now();
    std::size_t next = 0;
    // The waits between the bytes are those for an answer that does not come.
    while (!peer.at_end() && next < message.size() && SteadyClock::now() - begun < 10s) {
        if (!push(peer, message.substr(next++, 1))) break;
        EXPECT_EQ(peer.receive(1, 30ms), "");
    }
    EXPECT_LT(next, message.size());
    EXPECT_GE(SteadyClock::now() - begun, 300ms);
    EXPECT_EQ(tested.log.count(LogLevel::warning, "its message stalled"), 1U);
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(SlowPeers, ALargeUploadThatMakesProgressIsNotClosed) {
    ServerOptions options;
    options.stall_timeout = 800ms;
    TestServer tested{options};
    RawPeer peer{tested.endpoint()};
    const std::string message = request(1, "size", std::string(std::size_t{400} << 10U, 'x'));
    const TimePoint begun = SteadyClock::now();
    for (std::size_t at = 0; at < message.size(); at += 20000) {
        ASSERT_TRUE(peer.send(std::string_view{message}.substr(at, 20000)));
        if (at + 20000 < message.size()) {
            EXPECT_EQ(peer.receive(1, 100ms), "");
        }
    }
    EXPECT_GT(SteadyClock::now() - begun, 1600ms);  // twice the time-out
    const std::string expected = result(1, std::size_t{400} << 10U);
    EXPECT_EQ(peer.receive_exactly(expected.size()), expected);
}

TEST(SlowPeers, FiveThousandSilentConnections) {
    constexpr std::size_t kCount = 5000;
    require_descriptors(2 * kCount + 500);
    ServerOptions options;
    options.first_byte_timeout = 2s;
    TestServer tested{options};
    Bystander bystander{tested.endpoint()};
    const std::size_t before = resident_kib();
    std::vector<RawPeer> peers;
    peers.reserve(kCount);
    for (std::size_t i = 0; i < kCount; ++i)
        peers.emplace_back(tested.endpoint());
    EXPECT_TRUE(eventually([&] { return tested.server.stats().accepted >= kCount; }));
    if (!kSanitized) {
        EXPECT_LT(resident_kib(), before + 4 * kCount);  // KiB, of both sides
    }
    Client client{tested.endpoint()};
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections <= 2; }));
    for (RawPeer& peer : peers)
        EXPECT_TRUE(is_closed(peer));
    // Silence is not news.
    EXPECT_EQ(tested.log.count(LogLevel::warning, ""), 0U) << tested.log.text();
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(SlowPeers, WhoSpeaksInTimeIsNotClosedForSilence) {
    ServerOptions options;
    options.first_byte_timeout = 500ms;
    TestServer tested{options};
    RawPeer silent{tested.endpoint()};
    RawPeer speaking{tested.endpoint()};
    const std::string message = request(1, "add", 1, 2);
    EXPECT_TRUE(speaking.send(message.substr(0, 1)));
    EXPECT_TRUE(is_closed(silent));
    EXPECT_TRUE(speaking.send(message.substr(1)));
    EXPECT_EQ(speaking.receive_exactly(5), result(1, 3));
}

}  // namespace
}  // namespace rollcall::rpc::tests
