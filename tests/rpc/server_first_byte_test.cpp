// Peers that speak something else, or nothing.

#include "server_harness.h"

#include <gtest/gtest.h>

namespace rollcall::rpc::tests {
namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n"
    "Connection: close\r\n\r\nThis port speaks MessagePack-RPC, not HTTP.\n";

TEST(FirstByte, HttpIsToldWhatThisIs) {
    TestServer tested;
    Bystander bystander{tested.endpoint()};
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(peer.receive_all(), kAnswer);
    EXPECT_EQ(bystander.undisturbed(), "");
}

TEST(FirstByte, HttpHintIsPartOfTheSentence) {
    ServerOptions options;
    options.http_hint = "admin: http://127.0.0.1:1";
    TestServer tested{options};
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send("GET"));
    EXPECT_TRUE(peer.receive_all().ends_with(
        "\r\n\r\nThis port speaks MessagePack-RPC, not HTTP; admin: http://127.0.0.1:1.\n"
    ));
}

TEST(FirstByte, HttpAnswerArrivesHoweverLargeTheRequest) {
    TestServer tested;
    for (const std::size_t size : {std::size_t{64} << 10U, std::size_t{4} << 20U}) {
        RawPeer peer{tested.endpoint()};
        // All of it is read away, so nothing is reset.
        EXPECT_TRUE(peer.send("POST / HTTP/1.1\r\n\r\n" + std::string(size, 'x'))) << size;
        peer.finish();
        EXPECT_EQ(peer.receive_all(), kAnswer) << size;
    }
}

TEST(FirstByte, HttpPeerThatGoesOnForEverIsClosed) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send("POST / HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(peer.receive_exactly(kAnswer.size()), kAnswer);
    // It has been told; that it goes on to send does not keep the connection.
    EXPECT_TRUE(eventually([&] { return !peer.send("x") || tested.server.stats().connections == 0; }
    ));
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
}

TEST(FirstByte, TlsIsClosedAndNamed) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(std::string{"\x16\x03\x01\x02\x00\x01", 6}));
    EXPECT_TRUE(is_closed(peer));
    EXPECT_EQ(tested.log.count(LogLevel::warning, "the peer speaks TLS"), 1U) << tested.log.text();
}

TEST(FirstByte, ProbesAreNoNews) {
    TestServer tested;
    for (int i = 0; i < 20; ++i) {
        RawPeer finished{tested.endpoint()};
        finished.close();
        RawPeer reset{tested.endpoint()};
        reset.reset();
    }
    EXPECT_TRUE(eventually([&] { return tested.server.stats().accepted == 40; }));
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
    EXPECT_EQ(tested.log.count(LogLevel::info, ""), 0U) << tested.log.text();
    EXPECT_EQ(tested.log.count(LogLevel::warning, ""), 0U) << tested.log.text();
    EXPECT_EQ(tested.server.stats().protocol_errors, 0U);
}

TEST(FirstByte, AClientThatIsKilledIsNoNews) {
    TestServer tested;
    RawPeer peer{tested.endpoint()};
    EXPECT_TRUE(peer.send(request(1, "add", 1, 2)));
    EXPECT_EQ(peer.receive_exactly(5), result(1, 3));
    peer.reset();
    EXPECT_TRUE(eventually([&] { return tested.server.stats().connections == 0; }));
    EXPECT_EQ(tested.log.count(LogLevel::warning, ""), 0U) << tested.log.text();
    EXPECT_EQ(tested.server.stats().protocol_errors, 0U);
}

}  // namespace
}  // namespace rollcall::rpc::tests
