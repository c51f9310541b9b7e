// https at the server: who gets in, what the others are told, and that nobody holds a place.
#include <rollcall/http/client.h>

#include "http/server_harness.h"
#include "support/certificates.h"
#include "support/eventually.h"
#include "support/kept_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::http::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::Authority;
using rollcall::tests::eventually;
using rollcall::tests::IdentityFiles;
using rollcall::tests::KeptLog;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers with a body as long as the path says, or with the length of what was sent.
void sizes(const Request& request, Responder responder) {
    const std::size_t wanted = request.path.empty() ? 0 : std::stoul(request.path.front());
    responder.respond(Response::text(
        200, wanted > 0 ? std::string(wanted, 'x') : std::to_string(request.body.size())
    ));
}

class ServerTls : public ::testing::Test {
protected:
    [[nodiscard]] ServerOptions encrypted() const {
        ServerOptions options;
        options.tls = {identity.certificate, identity.key, ""};
        options.log = kept.log();
        return options;
    }

    [[nodiscard]] Client client_of(const TestServer& server, const tls::ClientOptions& with) const {
        ClientOptions options;
        options.tls = with;
        return Client{
            Url::parse("https://" + server.server.endpoint().to_string()).value(), options};
    }

    [[nodiscard]] Client client_of(const TestServer& server) const {
        return client_of(server, {authority.file(), "", ""});
    }

    // What the server answers, or the error.
    [[nodiscard]] static std::string ask(
        Client& client, const std::string& path = "/0", std::string body = ""
    ) {
        auto answer = client.request("PUT", path, {}, std::move(body), Deadline::in(10s));
        return answer ? answer->body() : answer.error().message();
    }

    // Before `limit` if the server closes the connection.
    [[nodiscard]] static bool closed_within(RawPeer& peer, Duration limit) {
        (void)peer.receive_all(limit);
        return peer.at_end();
    }

    Authority authority;
    IdentityFiles identity = authority.issue();
    KeptLog kept;
};

TEST_F(ServerTls, ServesRequestsOfAnySizeOverKeptConnections) {
    TestServer server{sizes, encrypted()};
    Client client = client_of(server);
    EXPECT_EQ(ask(client, "/0", "four"), "4\n");
    EXPECT_EQ(ask(client, "/0", std::string(64 * 1024, 'b')), "65536\n");
    for (const std::size_t size : {1UL, 16'384UL, 16'385UL, 5'000'000UL})
        EXPECT_EQ(ask(client, "/" + std::to_string(size)), std::string(size, 'x') + "\n");
    EXPECT_EQ(kept.count(""), 0U);
}

TEST_F(ServerTls, ManyClientsAtOnceAreServed) {
    TestServer server{sizes, encrypted()};
    std::vector<std::future<std::string>> answers;
    answers.reserve(40);
    for (int i = 0; i < 40; ++i) {
        answers.push_back(std::async(std::launch::async, [&] {
            Client client = client_of(server);
            return ask(client, "/100000");
        }));
    }
    for (auto& answer : answers)
        EXPECT_EQ(answer.get().size(), 100'001U);
}

TEST_F(ServerTls, ClientCertificatesAreRequiredIfTheirAuthorityIsGiven) {
    ServerOptions options = encrypted();
    options.tls.client_ca_file = authority.file();
    TestServer server{sizes, options};
    Client without = client_of(server);
    EXPECT_THAT(ask(without), HasSubstr("asks for a client certificate"));
    Authority others;
    const IdentityFiles strange = others.issue();
    Client wrong = client_of(server, {authority.file(), strange.certificate, strange.key});
    EXPECT_THAT(ask(wrong), HasSubstr("does not accept the client certificate"));
    const IdentityFiles known = authority.issue();
    Client right = client_of(server, {authority.file(), known.certificate, known.key});
    EXPECT_EQ(ask(right), "0\n");
    EXPECT_EQ(kept.count("failed to begin TLS"), 2U);
    EXPECT_EQ(kept.count("", LogLevel::info), 0U);
}

TEST_F(ServerTls, PlainHttpIsToldTheUrlAndClosed) {
    TestServer server{sizes, encrypted()};
    const std::string answer = server.get("/x");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(body_of(answer), HasSubstr("must start with https://"));
    EXPECT_TRUE(eventually([&] { return kept.count("speaks plain HTTP") == 1; }));
    EXPECT_EQ(kept.count("", LogLevel::info), 0U);
}

TEST_F(ServerTls, RubbishIsClosedAndOthersAreServed) {
    TestServer server{sizes, encrypted()};
    for (const std::string& rubbish :
         {std::string(600, '\xff'),
          std::string("\x16\x03\x01\x00\x05hello", 10),
          std::string(1, '\0')}) {
        (void)server.exchange(rubbish, /*finish=*/true);
    }
    Client client = client_of(server);
    EXPECT_EQ(ask(client), "0\n");
    EXPECT_TRUE(eventually([&] { return kept.count("failed to begin TLS") == 3; }));
    EXPECT_EQ(kept.count("", LogLevel::info), 0U);
}

// The ClientHello of a client that knows nothing newer than TLS 1.1, and the alert that says so.
TEST_F(ServerTls, OlderVersionsAreRefused) {
    TestServer server{sizes, encrypted()};
    const std::string hello = std::string{"\x03\x02", 2} + std::string(32, 'r') +
                              std::string{"\x00\x00\x02\xc0\x09\x01\x00", 7};
    const char length = static_cast<char>(hello.size());
    const std::string message = std::string{"\x01\x00\x00", 3} + length + hello;
    const char whole = static_cast<char>(message.size());
    const std::string alert =
        server.exchange(std::string{"\x16\x03\x01\x00", 4} + whole + message, true);
    ASSERT_EQ(alert.size(), 7U);
    EXPECT_EQ(alert.substr(0, 2), "\x15\x03");
    EXPECT_EQ(alert.substr(5), "\x02\x46");  // fatal, protocol_version
}

TEST_F(ServerTls, SlowHandshakeIsClosedInItsTime) {
    ServerOptions options = encrypted();
    options.handshake_timeout = 300ms;
    TestServer server{sizes, options};
    const TimePoint begun = SteadyClock::now();
    RawPeer silent{server.server.endpoint()};
    RawPeer slow{server.server.endpoint()};
    slow.send("\x16\x03\x01");
    EXPECT_TRUE(closed_within(silent, 5s));
    EXPECT_TRUE(closed_within(slow, 5s));
    EXPECT_GE(SteadyClock::now() - begun, 300ms);
    EXPECT_TRUE(eventually([&] { return kept.count("too slow to begin TLS") == 2; }));
}

// One whose client has been refused but stays is held for no longer.
TEST_F(ServerTls, RefusedClientThatStaysIsClosedInItsTime) {
    ServerOptions options = encrypted();
    options.handshake_timeout = 300ms;
    TestServer server{sizes, options};
    RawPeer peer{server.server.endpoint()};
    peer.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(peer.receive_all(5s), HasSubstr("400"));
    EXPECT_TRUE(eventually([&] { return !peer.send("x"); }));
}

TEST_F(ServerTls, HandshakesCountAsConnections) {
    ServerOptions options = encrypted();
    options.connections_max = 2;
    options.handshake_timeout = 60s;
    TestServer server{sizes, options};
    RawPeer first{server.server.endpoint()};
    RawPeer second{server.server.endpoint()};
    Client client = client_of(server);
    // Both places are taken; a third has to wait until one leaves.
    const auto late = client.request("GET", "/0", {}, "", Deadline::in(300ms));
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    first.close();
    EXPECT_EQ(ask(client), "0\n");
}

TEST_F(ServerTls, ReloadIsForTheConnectionsToCome) {
    const std::string certificate = authority.folder() + "/server.pem";
    const std::string key = authority.folder() + "/server.key";
    const auto install = [&](const IdentityFiles& files) {
        const auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(files.certificate, certificate, over);
        std::filesystem::copy_file(files.key, key, over);
    };
    install(identity);
    ServerOptions options = encrypted();
    options.tls = {certificate, key, ""};
    TestServer server{sizes, options};
    Client before = client_of(server);
    EXPECT_EQ(ask(before), "0\n");

    Authority renewed;
    install(renewed.issue());
    EXPECT_TRUE(server.server.reload_tls().has_value());
    EXPECT_EQ(ask(before), "0\n");  // its connection stands
    Client old_believer = client_of(server);
    EXPECT_THAT(ask(old_believer), HasSubstr("is not by an authority in"));
    Client believer = client_of(server, {renewed.file(), "", ""});
    EXPECT_EQ(ask(believer), "0\n");

    std::filesystem::remove(key);
    const auto failed = server.server.reload_tls();
    ASSERT_FALSE(failed.has_value());
    EXPECT_THAT(failed.error().message(), HasSubstr("key_file '" + key + "': cannot be read"));
    Client still = client_of(server, {renewed.file(), "", ""});
    EXPECT_EQ(ask(still), "0\n");
}

TEST_F(ServerTls, UnusableFilesEndTheStart) {
    for (const tls::ServerOptions& wrong :
         {tls::ServerOptions{"/nowhere", identity.key, ""},
          tls::ServerOptions{identity.certificate, "", ""},
          tls::ServerOptions{"", "", authority.file()},
          tls::ServerOptions{identity.certificate, identity.key, "/nowhere"}}) {
        ServerOptions options = encrypted();
        options.tls = wrong;
        Server server{options, sizes};
        EXPECT_THROW(server.start(), std::invalid_argument);
    }
}

// A parked request whose client leaves is let go, as without TLS.
TEST_F(ServerTls, TellsWhenTheClientOfAParkedRequestHasGone) {
    std::atomic<bool> parked{false};
    std::atomic<bool> gone{false};
    std::optional<Responder> kept_open;
    TestServer server{
        [&](const Request&, Responder responder) {
            kept_open = std::move(responder);
            kept_open->when_gone([&] {
                gone = true;
                kept_open.reset();
            });
            parked = true;
        },
        encrypted()};
    std::stop_source stop;
    auto asked = std::async(std::launch::async, [&] {
        Client client = client_of(server);
        return client.request("GET", "/0", {}, "", Deadline::in(30s), stop.get_token()).error();
    });
    EXPECT_TRUE(eventually([&] { return parked.load(); }));
    EXPECT_FALSE(gone);
    stop.request_stop();
    EXPECT_EQ(asked.get().code(), Errc::cancelled);
    EXPECT_TRUE(eventually([&] { return gone.load(); }));
}

TEST_F(ServerTls, EndsWithHandshakesAndConnectionsUnderWay) {
    auto server = std::make_unique<TestServer>(sizes, encrypted());
    RawPeer half{server->server.endpoint()};
    half.send("\x16\x03\x01");
    Client client = client_of(*server);
    EXPECT_EQ(ask(client), "0\n");
    const TimePoint begun = SteadyClock::now();
    server.reset();
    EXPECT_LT(SteadyClock::now() - begun, 2s);
    EXPECT_TRUE(closed_within(half, 5s));
    EXPECT_THAT(ask(client), HasSubstr("Connection refused"));
}

}  // namespace
}  // namespace rollcall::http::tests
