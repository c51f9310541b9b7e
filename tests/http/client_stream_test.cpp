// Answers whose bodies are handed out as they come, and chunked ones that end with trailers.
#include <rollcall/http/client.h>

#include "chunk_framing.h"
#include "http/scripted_server.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::RawPeer;
using tests::ScriptedServer;

const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string size;
    for (std::size_t left = bytes.size(); left > 0; left /= 16)
        size.insert(0, 1, kDigits[left % 16]);
    return size + "\r\n" + bytes + "\r\n";
}

Client client_of(const ScriptedServer& server, const ClientOptions& options = {}) {
    return Client{Url::parse(server.url()).value(), options};
}

// Takes all that comes, each piece within `patience`.
Client::Receive into(std::string& text, Duration patience = 5s) {
    return [&text, patience](std::string_view piece) -> std::optional<Deadline> {
        text += piece;
        return Deadline::in(patience);
    };
}

TEST(ClientStream, HandsOutEachPieceBeforeTheNextIsSent) {
    std::promise<void> first_seen;
    ScriptedServer server{[&](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send(kChunkedHead + chunk("one"));
        first_seen.get_future().wait();
        peer.send(chunk("two") + "0\r\n\r\n");
    }};
    Client client = client_of(server);
    std::vector<std::string> pieces;
    const auto answer = client.stream(
        "POST",
        "/",
        {},
        "{}",
        [&](std::string_view piece) -> std::optional<Deadline> {
            pieces.emplace_back(piece);
            if (pieces.size() == 1) first_seen.set_value();
            return Deadline::in(5s);
        },
        Deadline::in(5s)
    );
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_THAT(pieces, ElementsAre("one", "two"));
    EXPECT_THAT(answer->body(), IsEmpty());
    EXPECT_EQ(answer->status(), 200);
}

TEST(ClientStream, IsNotBoundedByTheLimitOfBodies) {
    const std::string whole(100'000, 'x');
    ScriptedServer server{tests::answering([&](const std::string&) {
        return kChunkedHead + chunk(whole) + "0\r\n\r\n";
    })};
    Client client = client_of(server, {.body_bytes_max = 10});
    std::string text;
    ASSERT_TRUE(client.stream("GET", "/", {}, "", into(text), Deadline::in(5s)).has_value());
    EXPECT_EQ(text, whole);
}

TEST(ClientStream, EndsWhereTheReaderSaysAndTheNextRequestDialsAnew) {
    ScriptedServer server{
        tests::answering([](const std::string&) { return kChunkedHead + chunk("one"); })};
    Client client = client_of(server);
    for (int connection = 1; connection <= 2; ++connection) {
        std::string text;
        const auto answer = client.stream(
            "GET",
            "/",
            {},
            "",
            [&](std::string_view piece) -> std::optional<Deadline> {
                text += piece;
                return std::nullopt;
            },
            Deadline::in(5s)
        );
        ASSERT_TRUE(answer.has_value()) << answer.error().message();
        EXPECT_EQ(text, "one");
        EXPECT_EQ(server.connections(), connection);
    }
}

TEST(ClientStream, WaitsForTheFirstPieceUntilTheDeadlineAndForTheNextUntilTheReaders) {
    ScriptedServer server{[](RawPeer& peer, int connection) {
        (void)tests::read_http_request(peer);
        peer.send(connection == 0 ? kChunkedHead : kChunkedHead + chunk("one"));
        (void)peer.receive_all(20s);
    }};
    Client client = client_of(server);
    std::string text;
    const auto none = client.stream("GET", "/", {}, "", into(text), Deadline::in(50ms));
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code(), Errc::timed_out);
    EXPECT_THAT(text, IsEmpty());

    const TimePoint begun = SteadyClock::now();
    const auto one = client.stream("GET", "/", {}, "", into(text, 50ms), Deadline::in(60s));
    ASSERT_FALSE(one.has_value());
    EXPECT_EQ(one.error().code(), Errc::timed_out);
    EXPECT_EQ(text, "one");
    EXPECT_LT(SteadyClock::now() - begun, 20s);
}

TEST(ClientStream, SurvivesASilenceWithinItsDeadline) {
    ScriptedServer server{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send(kChunkedHead + chunk("one"));
        const TimePoint until = SteadyClock::now() + 300ms;
        (void)tests::eventually([&] { return SteadyClock::now() >= until; });
        peer.send(chunk("two") + "0\r\n\r\n");
    }};
    Client client = client_of(server);
    std::string text;
    EXPECT_TRUE(client.stream("GET", "/", {}, "", into(text), Deadline::in(100ms)).has_value());
    EXPECT_EQ(text, "onetwo");
}

TEST(ClientStream, StopEndsItBetweenPieces) {
    ScriptedServer server{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send(kChunkedHead + chunk("one"));
        (void)peer.receive_all(20s);
    }};
    Client client = client_of(server);
    std::stop_source stop;
    std::atomic<bool> seen{false};
    auto ended = std::async(std::launch::async, [&] {
        const auto wait = [&](std::string_view) -> std::optional<Deadline> {
            seen = true;
            return Deadline::never();
        };
        return client.stream("GET", "/", {}, "", wait, Deadline::in(5s), stop.get_token());
    });
    EXPECT_TRUE(tests::eventually([&] { return seen.load(); }));
    stop.request_stop();
    EXPECT_EQ(ended.get().error().code(), Errc::cancelled);
}

TEST(ClientStream, CollectsTheBodyOfARefusalWithinItsLimit) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 503 Away\r\nContent-Length: 4\r\n\r\nbusy";
    })};
    std::string text;
    for (const std::size_t limit : {5U, 4U}) {
        Client client = client_of(server, {.body_bytes_max = limit});
        const auto answer = client.stream("GET", "/", {}, "", into(text), Deadline::in(5s));
        ASSERT_TRUE(answer.has_value());
        EXPECT_EQ(answer->status(), 503);
        EXPECT_EQ(answer->body(), "busy");
    }
    Client client = client_of(server, {.body_bytes_max = 3});
    const auto over = client.stream("GET", "/", {}, "", into(text), Deadline::in(5s));
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_THAT(text, IsEmpty());
}

TEST(ClientStream, AConnectionThatBreaksWithinTheBodyIsAnError) {
    ScriptedServer server{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send(kChunkedHead + chunk("one"));
    }};
    Client client = client_of(server);
    std::string text;
    const auto answer = client.stream("GET", "/", {}, "", into(text), Deadline::in(5s));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), Errc::connection_lost);
    EXPECT_EQ(text, "one");
}

// gRPC gateways end their refusals so, and httplib takes them for broken.
TEST(ClientTrailers, AreDroppedAndTheConnectionIsKept) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return kChunkedHead + chunk("a") + chunk("bc") + "0\r\nX-One: 1\r\nX-Two:\r\n\r\n";
    })};
    Client client = client_of(server);
    for (int i = 0; i < 3; ++i) {
        const auto answer = client.request("GET", "/", {}, "", Deadline::in(5s));
        ASSERT_TRUE(answer.has_value()) << answer.error().message();
        EXPECT_EQ(answer->body(), "abc");
        EXPECT_EQ(answer->header("X-One"), std::nullopt);
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST(ClientTrailers, CountAsHeaders) {
    const std::string trailer = "X-One: " + std::string(100, 'v') + "\r\n\r\n";
    ScriptedServer server{tests::answering([&](const std::string&) {
        return kChunkedHead + chunk("ab") + "0\r\n" + trailer;
    })};
    // The line before the first chunk counts too.
    const std::size_t all = kChunkedHead.size() + 3 + trailer.size();
    for (const std::size_t limit : {all + 1, all}) {
        Client client = client_of(server, {.header_bytes_max = limit});
        EXPECT_TRUE(client.request("GET", "/", {}, "", Deadline::in(5s)).has_value());
    }
    Client client = client_of(server, {.header_bytes_max = all - 1});
    const auto over = client.request("GET", "/", {}, "", Deadline::in(5s));
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
}

TEST(ClientTrailers, ThatNeverEndAreAnError) {
    ScriptedServer server{[](RawPeer& peer, int) {
        (void)tests::read_http_request(peer);
        peer.send(kChunkedHead + "0\r\nX-One: 1\r\n");
    }};
    Client client = client_of(server);
    const auto answer = client.request("GET", "/", {}, "", Deadline::in(5s));
    EXPECT_EQ(answer.error().code(), Errc::connection_lost);
}

// Where the trailers begin, whatever pieces the answer comes in; npos if it has none.
std::size_t trailers_in(const std::string& answer, std::size_t piece) {
    ChunkFraming framing;
    for (std::size_t at = 0; at < answer.size(); at += piece) {
        framing.feed(std::string_view{answer}.substr(at, piece));
        if (framing.at_trailers()) return std::min(at + piece, answer.size());
    }
    return std::string::npos;
}

TEST(ChunkFraming, FindsTheTrailersOfAnswersInPiecesOfOneByte) {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    // A chunk may hold what looks like the end.
    for (const std::string& body : {std::string{}, chunk("0\r\n\r\n"), chunk("a") + chunk("b")}) {
        for (const std::string& head : {kChunkedHead, interim + kChunkedHead}) {
            const std::string before = head + body + "0\r\n";
            EXPECT_EQ(trailers_in(before + "X: 1\r\n\r\n", 1), before.size());
        }
    }
    const std::string loud = "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n0;x=y\r\n";
    EXPECT_EQ(trailers_in(loud, 1), loud.size());
    const std::string large = kChunkedHead + chunk(std::string(5000, '0')) + "0\r\n";
    EXPECT_EQ(trailers_in(large, 7), large.size());
}

TEST(ChunkFraming, FindsNoneWhereThereIsNoChunk) {
    EXPECT_EQ(trailers_in("HTTP/1.1 200 OK\r\n\r\n0\r\n\r\n", 1), std::string::npos);
    EXPECT_EQ(trailers_in(kChunkedHead + "no number\r\n0\r\n", 1), std::string::npos);
    EXPECT_EQ(trailers_in(kChunkedHead + "fffffffffffffffff\r\n0\r\n", 1), std::string::npos);
}

}  // namespace
}  // namespace rollcall::http
