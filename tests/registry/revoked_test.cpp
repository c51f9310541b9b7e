// Tokens that are no longer, or never were: watches that wait with one, and clients that try many.
#include <rollcall/http/client.h>
#include <rollcall/registry/registry_server.h>

#include "registry/security_fixture.h"
#include "rejected_tokens.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::registry::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using rollcall::tests::RawPeer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string showing(const std::string& token) {
    return token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
}

std::string get(const std::string& target, const std::string& token) {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + showing(token) + "\r\n";
}

std::string watch_many(const std::string& token) {
    const std::string body = R"({"services":{"a":"","b":""},"wait":"60s"})";
    return "POST /v1/watch HTTP/1.1\r\nHost: x\r\n" + showing(token) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class RevokedTokens : public SecureRegistry {
protected:
    void start() {
        server_ = std::make_unique<RegistryServer>(guarded());
        server_->start();
    }

    // What the registry answers to a client with the writer's token.
    [[nodiscard]] std::string read(const std::string& path) const {
        http::ClientOptions options;
        options.bearer_token = kWriter;
        http::Client client{http::Url::parse(server_->url()).value(), options};
        const auto answer = client.request("GET", path, {}, "", Deadline::in(10s));
        return answer ? answer->body() : answer.error().message();
    }

    // The value of its "index".
    [[nodiscard]] std::string index_of(const std::string& path) const {
        const std::string body = read(path);
        const auto at = body.find(R"("index":")") + 9;
        return body.substr(at, body.find('"', at) - at);
    }

    [[nodiscard]] bool parked(std::size_t count) const {
        const std::string line = "rollcall_registry_watchers " + std::to_string(count) + "\n";
        return eventually([&] { return read("/metrics").find(line) != std::string::npos; });
    }

    // One that sent `request`.
    [[nodiscard]] RawPeer client(const std::string& request) const {
        RawPeer peer{server_->endpoint()};
        peer.send(request);
        return peer;
    }

    // The head of one answer; the body is read, too.
    [[nodiscard]] static std::string next_head(RawPeer& peer) {
        std::string got;
        while (got.find("\r\n\r\n") == std::string::npos && !peer.at_end())
            got += peer.receive();
        const auto end = got.find("\r\n\r\n");
        const auto at = got.find("Content-Length: ");
        if (end == std::string::npos || at == std::string::npos) return got;
        const std::size_t whole = end + 4 + std::stoul(got.substr(at + 16));
        if (got.size() < whole) got += peer.receive_exactly(whole - got.size());
        return got.substr(0, end);
    }

    std::unique_ptr<RegistryServer> server_;
};

TEST_F(RevokedTokens, WatchesThatWaitWithOneEndAsARequestWithItWould) {
    start();
    const std::string list = "/v1/services/a?wait=60s&index=" + index_of("/v1/services/a");
    const std::string all = "/v1/services?wait=60s&index=" + index_of("/v1/services");
    std::vector<RawPeer> revoked;
    revoked.push_back(client(get(list, kReader)));
    revoked.push_back(client(get(all, kReader)));
    revoked.push_back(client(get("/v1/events?wait=60s&after=" + index_of("/v1/events"), kReader)));
    const std::string index = index_of("/v1/services/a");
    const std::string body = R"({"services":{"a":")" + index + R"("},"wait":"60s"})";
    revoked.push_back(client(
        "POST /v1/watch HTTP/1.1\r\nHost: x\r\n" + showing(kReader) +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body
    ));
    RawPeer stays = client(get(list, kWriter));
    ASSERT_TRUE(parked(5));

    write_tokens("read another-reader\nwrite may-change-1\n");
    server_->reload();
    for (RawPeer& peer : revoked) {
        EXPECT_THAT(
            next_head(peer),
            AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer"))
        );
    }
    EXPECT_TRUE(parked(1));
    EXPECT_EQ(stays.receive(1, Duration{0}), "");

    // Nobody who was sent away is told of the change.
    http::ClientOptions options;
    options.bearer_token = kWriter;
    http::Client writer{http::Url::parse(server_->url()).value(), options};
    const auto put = writer.request(
        "PUT",
        "/v1/services/a/instances/i",
        {},
        R"({"address":"127.0.0.1","port":9})",
        Deadline::in(10s)
    );
    ASSERT_TRUE(put.has_value());
    EXPECT_THAT(next_head(stays), StartsWith("HTTP/1.1 200 "));
    for (RawPeer& peer : revoked)
        EXPECT_EQ(peer.receive(1, Duration{0}), "");
}

TEST_F(RevokedTokens, WatchesWithoutOneEndWhenReadingBeginsToNeedOne) {
    write_tokens("write may-change-1\n");
    start();
    const std::string list = "/v1/services/a?wait=60s&index=" + index_of("/v1/services/a");
    RawPeer anybody = client(get(list, ""));
    RawPeer guessing = client(get(list, "whatever-it-is"));
    ASSERT_TRUE(parked(2));
    server_->reload();  // nothing new: nobody is sent away
    write_tokens("write may-change-2\n");
    server_->reload();  // reading is as open as before
    ASSERT_TRUE(eventually([&] { return kept.count("were read again") == 2; }));
    EXPECT_EQ(anybody.receive(1, Duration{0}), "");

    write_tokens("read look-only-1\nwrite may-change-1\n");
    server_->reload();
    EXPECT_THAT(next_head(anybody), StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(next_head(guessing), StartsWith("HTTP/1.1 401 "));
    EXPECT_TRUE(parked(0));
}

TEST_F(RevokedTokens, ManyWatchesAreAllSentAway) {
    start();
    constexpr std::size_t kMany = 300;
    const std::string list = "/v1/services/a?wait=60s&index=" + index_of("/v1/services/a");
    std::vector<RawPeer> peers;
    for (std::size_t i = 0; i < kMany; ++i)
        peers.push_back(client(get(list, kReader)));
    ASSERT_TRUE(parked(kMany));
    write_tokens("write may-change-1\nread other-reader\n");
    server_->reload();
    for (RawPeer& peer : peers)
        EXPECT_THAT(next_head(peer), StartsWith("HTTP/1.1 401 "));
}

TEST_F(RevokedTokens, TheTenthWrongOneEndsTheConnection) {
    start();
    RawPeer peer{server_->endpoint()};
    const auto ask = [&](const std::string& request) {
        peer.send(request);
        return next_head(peer);
    };
    for (int wrong = 1; wrong < RejectedTokens::kPerConnectionMax; ++wrong) {
        EXPECT_THAT(
            ask(get("/v1/services", "guess-number-" + std::to_string(wrong))),
            AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Connection: keep-alive"))
        );
        // Neither no token nor the right one counts.
        EXPECT_THAT(ask(get("/v1/services", "")), StartsWith("HTTP/1.1 401 "));
        EXPECT_THAT(ask(get("/v1/services", kReader)), StartsWith("HTTP/1.1 200 "));
        ASSERT_FALSE(peer.at_end());
    }
    EXPECT_THAT(
        ask(watch_many("the-tenth-guess")),
        AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Connection: close"))
    );
    EXPECT_EQ(peer.receive(), "");
    EXPECT_TRUE(peer.at_end());
    // Others are not concerned, the same client on a new connection included.
    RawPeer next = client(get("/v1/services", kReader));
    EXPECT_THAT(next_head(next), StartsWith("HTTP/1.1 200 "));
}

TEST_F(RevokedTokens, AreCountedAndSaidOnce) {
    start();
    for (int i = 0; i < 3; ++i) {
        RawPeer peer{server_->endpoint()};
        for (int wrong = 0; wrong < 8; ++wrong) {
            peer.send(get("/v1/services", "guess-guess-guess"));
            EXPECT_THAT(next_head(peer), StartsWith("HTTP/1.1 401 "));
        }
    }
    EXPECT_THAT(read("/metrics"), HasSubstr("\nrollcall_registry_rejected_tokens_total 24\n"));
    EXPECT_EQ(kept.count("a token that is not in the token file", LogLevel::warning), 1U);
    EXPECT_EQ(kept.count("guess-guess"), 0U);
}

const Endpoint kPeer{"10.0.0.7", 4711};
const TimePoint kStart{1h};

TEST(RejectedTokens, AreSaidAtOnceThenOncePerIntervalWithTheirNumber) {
    RejectedTokens rejected{10};
    EXPECT_EQ(rejected.report(kStart), std::nullopt);
    static_cast<void>(rejected.add(1, kPeer));
    const auto first = rejected.report(kStart);
    ASSERT_TRUE(first);
    EXPECT_THAT(*first, AllOf(HasSubstr("refused a request"), HasSubstr("10.0.0.7:4711")));
    for (std::uint64_t i = 0; i < 5; ++i)
        static_cast<void>(rejected.add(i, kPeer));
    EXPECT_EQ(rejected.report(kStart + RejectedTokens::kInterval - 1ns), std::nullopt);
    const auto second = rejected.report(kStart + RejectedTokens::kInterval);
    ASSERT_TRUE(second);
    EXPECT_THAT(*second, HasSubstr("refused 5 requests"));
    EXPECT_EQ(rejected.report(kStart + 3 * RejectedTokens::kInterval), std::nullopt);
}

TEST(RejectedTokens, ForgetTheOldestConnectionBeyondTheLimit) {
    RejectedTokens rejected{2};
    const auto add = [&](std::uint64_t connection, int times) {
        bool too_many = false;
        for (int i = 0; i < times; ++i)
            too_many = rejected.add(connection, kPeer);
        return too_many;
    };
    constexpr int kMax = RejectedTokens::kPerConnectionMax;
    EXPECT_FALSE(add(1, kMax - 1));
    EXPECT_FALSE(add(2, kMax - 1));
    EXPECT_TRUE(add(2, 1));   // as many as are remembered
    EXPECT_FALSE(add(3, 1));  // one more: the first is forgotten
    EXPECT_FALSE(add(1, kMax - 1));
    EXPECT_TRUE(add(1, 1));
}

}  // namespace
}  // namespace rollcall::registry::tests
