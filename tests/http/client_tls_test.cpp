// https: whom the client believes, what it shows, and that TLS keeps the rules of the plain client.
#include <rollcall/http/client.h>

#include "http/scripted_server.h"
#include "http/tls_peer.h"
#include "support/certificates.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <future>
#include <string>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IdentityFiles;
using tests::ok_response;
using tests::RawPeer;
using tests::ScriptedServer;
using tests::TlsPeer;

// Answers each request with "ok" and the number of the connection.
void answer_all(TlsPeer& tls, int connection) {
    while (!tls.read_head().empty())
        tls.send(ok_response("ok " + std::to_string(connection)));
}

class ClientTls : public ::testing::Test {
protected:
    [[nodiscard]] static tls::ServerOptions shown(const IdentityFiles& identity) {
        return {identity.certificate, identity.key, ""};
    }

    // A server with this certificate that serves each connection with `serve`.
    [[nodiscard]] static ScriptedServer::Serve serving(
        const tls::ServerOptions& options,
        std::function<void(TlsPeer&, int)> serve = answer_all,
        int newest = 13
    ) {
        return [=](RawPeer& peer, int connection) {
            TlsPeer tls{peer, options, newest};
            if (tls.connected()) serve(tls, connection);
            // The last words of a server that refuses must not be lost in a reset.
            peer.finish();
            (void)peer.receive_all(5s);
        };
    }

    [[nodiscard]] Client client_of(
        const ScriptedServer& server, const std::string& host = "127.0.0.1"
    ) const {
        const std::string port = std::to_string(server.endpoint().port());
        ClientOptions with = options;
        with.lookup = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
        return Client{Url::parse("https://" + host + ":" + port).value(), with};
    }

    [[nodiscard]] static Result<std::string> get(Client& client, Duration within = 10s) {
        auto answer = client.request("GET", "/x", {}, "", Deadline::in(within));
        if (!answer) return answer.error();
        return answer->body();
    }

    // What a client of a server with this certificate gets.
    [[nodiscard]] Error refusal(const tls::ServerOptions& server, const std::string& host) const {
        ScriptedServer scripted{serving(server)};
        Client client = client_of(scripted, host);
        const auto answer = get(client);
        return answer ? Error{Errc::unknown, "the request did not fail"} : answer.error();
    }

    tests::Authority authority;
    ClientOptions options = [this] {
        ClientOptions chosen;
        chosen.tls.ca_file = authority.file();
        return chosen;
    }();
};

TEST_F(ClientTls, ServersAreKnownByNameAndByAddress) {
    ScriptedServer server{serving(shown(authority.issue()))};
    Client by_address = client_of(server);
    EXPECT_EQ(get(by_address).value(), "ok 0");
    EXPECT_EQ(get(by_address).value(), "ok 0");  // kept alive
    ScriptedServer other{serving(shown(authority.issue()))};
    Client by_name = client_of(other, "localhost");
    EXPECT_EQ(get(by_name).value(), "ok 0");
}

TEST_F(ClientTls, UnknownAuthorityIsNamed) {
    const auto server = shown(authority.issue());
    tests::Authority other;
    options.tls.ca_file = other.file();
    const Error strange = refusal(server, "127.0.0.1");
    EXPECT_EQ(strange.code(), Errc::connect_failed);
    EXPECT_THAT(strange.message(), HasSubstr("is not by an authority in " + other.file()));
    options.tls.ca_file.clear();
    const Error system = refusal(server, "127.0.0.1");
    EXPECT_EQ(system.code(), Errc::connect_failed);
    EXPECT_THAT(system.message(), HasSubstr("the system's store; give that of its CA as ca_file"));
}

TEST_F(ClientTls, WrongHostSaysWhoseTheCertificateIs) {
    const auto server = shown(authority.issue({.names = "DNS:other.example,IP:10.0.0.1"}));
    for (const std::string host : {"127.0.0.1", "localhost"}) {
        const Error error = refusal(server, host);
        EXPECT_EQ(error.code(), Errc::connect_failed);
        EXPECT_THAT(error.message(), HasSubstr("is for other.example, 10.0.0.1, not for " + host));
    }
    // A common name alone names nobody.
    EXPECT_THAT(
        refusal(shown(authority.issue({.names = ""})), "localhost").message(),
        HasSubstr("no name at all")
    );
}

TEST_F(ClientTls, DatesAreChecked) {
    const Error late = refusal(shown(authority.issue({.ends = -60})), "localhost");
    EXPECT_EQ(late.code(), Errc::connect_failed);
    EXPECT_THAT(late.message(), AllOf(HasSubstr("has expired"), HasSubstr("GMT")));
    const Error early = refusal(shown(authority.issue({.begins = 600})), "localhost");
    EXPECT_THAT(early.message(), HasSubstr("is not valid yet"));
}

TEST_F(ClientTls, PlainServerIsRecognised) {
    ScriptedServer speaks{[](RawPeer& peer, int) {
        (void)peer.receive(1);
        peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        peer.finish();
        (void)peer.receive_all(5s);
    }};
    Client client = client_of(speaks);
    const auto answer = get(client);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), Errc::protocol_error);
    EXPECT_THAT(answer.error().message(), HasSubstr("does not speak TLS"));

    ScriptedServer leaves{[](RawPeer& peer, int) {
        (void)peer.receive(1);
        peer.finish();
        (void)peer.receive_all(5s);
    }};
    Client second = client_of(leaves);
    const auto none = get(second);
    ASSERT_FALSE(none.has_value());
    EXPECT_EQ(none.error().code(), Errc::connect_failed);
    EXPECT_THAT(none.error().message(), HasSubstr("within the TLS handshake"));
}

class ClientCertificate : public ClientTls, public ::testing::WithParamInterface<int> {};

TEST_P(ClientCertificate, IsShownAndItsAbsenceOrRefusalIsSaid) {
    tests::Authority others;
    tls::ServerOptions asking = shown(authority.issue());
    asking.client_ca_file = authority.file();
    const auto outcome = [&]() -> std::string {
        ScriptedServer server{serving(asking, answer_all, GetParam())};
        Client client = client_of(server);
        const auto answer = get(client);
        if (answer) return *answer;
        EXPECT_EQ(answer.error().code(), Errc::connect_failed);
        return answer.error().message();
    };
    EXPECT_THAT(outcome(), HasSubstr("asks for a client certificate; give certificate_file"));
    const auto use = [&](const IdentityFiles& identity) {
        options.tls.certificate_file = identity.certificate;
        options.tls.key_file = identity.key;
    };
    use(others.issue());
    EXPECT_THAT(outcome(), HasSubstr("does not accept the client certificate"));
    use(authority.issue({.ends = -60}));
    EXPECT_THAT(outcome(), HasSubstr("does not accept the client certificate"));
    use(authority.issue());
    EXPECT_EQ(outcome(), "ok 0");
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientCertificate, ::testing::Values(12, 13));

TEST_F(ClientTls, FilesThatCannotBeUsedAreNamed) {
    const IdentityFiles one = authority.issue();
    const IdentityFiles two = authority.issue();
    const IdentityFiles locked = authority.issue({.passphrase = "secret"});

    struct Case {
        tls::ClientOptions tls;
        std::string part;
    };

    const std::string ca = authority.file();
    for (const Case& each : {
             Case{
                 {"/nowhere/ca.pem", "", ""}, "ca_file '/nowhere/ca.pem': cannot be read: No such"},
             Case{{one.key, "", ""}, "no PEM certificate"},
             Case{{ca, one.certificate, ""}, "needs its key too"},
             Case{{ca, "", one.key}, "needs certificate_file"},
             Case{{ca, "/nowhere", one.key}, "certificate_file '/nowhere': cannot be read"},
             Case{{ca, one.certificate, two.key}, "no PEM key of that certificate"},
             Case{{ca, locked.certificate, locked.key}, "one with a passphrase"},
         }) {
        options.tls = each.tls;
        const Error error = refusal(shown(one), "localhost");
        EXPECT_EQ(error.code(), Errc::invalid_argument) << each.part;
        EXPECT_THAT(error.message(), HasSubstr(each.part));
    }
}

TEST_F(ClientTls, RenewedFilesAreTakenUpByTheNextConnection) {
    tests::Authority renewed;
    ScriptedServer server{[&](RawPeer& peer, int connection) {
        auto& issuer = connection < 1 ? authority : renewed;
        serving(shown(issuer.issue()), [](TlsPeer& tls, int) {
            (void)tls.read_head();
            tls.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        })(peer, connection);
    }};
    options.tls.ca_file = authority.folder() + "/believed.pem";
    std::filesystem::copy_file(authority.file(), options.tls.ca_file);
    Client client = client_of(server);
    EXPECT_TRUE(get(client).has_value());
    EXPECT_FALSE(get(client).has_value());
    std::filesystem::copy_file(
        renewed.file(), options.tls.ca_file, std::filesystem::copy_options::overwrite_existing
    );
    EXPECT_TRUE(get(client).has_value());
}

TEST_F(ClientTls, SilentHandshakeEndsAtTheDeadlineAndByTheStopToken) {
    ScriptedServer server{[](RawPeer& peer, int) { (void)peer.receive_all(20s); }};
    Client client = client_of(server);
    const auto late = get(client, 100ms);
    ASSERT_FALSE(late.has_value());
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_THAT(late.error().message(), HasSubstr("the TLS handshake was not complete"));

    std::stop_source stop;
    auto stopped = std::async(std::launch::async, [&] {
        return client.request("GET", "/", {}, "", Deadline::in(60s), stop.get_token()).error();
    });
    EXPECT_TRUE(tests::eventually([&] { return server.connections() == 2; }));
    stop.request_stop();
    EXPECT_EQ(stopped.get().code(), Errc::cancelled);
}

// Each byte is a whole TLS record that comes in time; only the answer takes too long.
TEST_F(ClientTls, DrippingAnswerEndsAtTheDeadline) {
    ScriptedServer server{serving(shown(authority.issue()), [](TlsPeer& tls, int) {
        (void)tls.read_head();
        while (tls.send("H")) {
        }
    })};
    Client client = client_of(server);
    const auto answer = get(client, 300ms);
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().code(), ::testing::AnyOf(Errc::timed_out, Errc::message_too_large));
}

TEST_F(ClientTls, SilentAnswerEndsAtTheDeadlineAndByCancel) {
    ScriptedServer server{serving(shown(authority.issue()), [](TlsPeer& tls, int) {
        (void)tls.read_head();
        (void)tls.read_head();  // waits for the client to leave
    })};
    Client client = client_of(server);
    const auto late = get(client, 200ms);
    ASSERT_FALSE(late.has_value());
    EXPECT_THAT(late.error().message(), HasSubstr("no answer came"));
    auto cancelled = std::async(std::launch::async, [&] { return get(client, 60s).error(); });
    EXPECT_TRUE(tests::eventually([&] { return server.connections() == 2; }));
    client.cancel();
    EXPECT_EQ(cancelled.get().code(), Errc::cancelled);
}

// With and without a goodbye: the kept connection is found closed and made anew, once.
TEST_F(ClientTls, ClosedKeptConnectionIsDialledAnew) {
    for (const bool polite : {true, false}) {
        ScriptedServer server{serving(shown(authority.issue()), [=](TlsPeer& tls, int connection) {
            if (connection > 0) return answer_all(tls, connection);
            (void)tls.read_head();
            tls.send(ok_response("first"));
            if (polite) tls.goodbye();
        })};
        Client client = client_of(server);
        EXPECT_EQ(get(client).value(), "first");
        EXPECT_EQ(get(client).value(), "ok 1");
    }
}

// Without a length the end of the connection ends the body, which anybody in between could cause.
TEST_F(ClientTls, AnswerWithoutLengthNeedsTheEndOfTls) {
    for (const bool polite : {true, false}) {
        ScriptedServer server{serving(shown(authority.issue()), [=](TlsPeer& tls, int) {
            (void)tls.read_head();
            tls.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf");
            if (polite) tls.goodbye();
        })};
        Client client = client_of(server);
        const auto answer = get(client);
        if (polite) {
            EXPECT_EQ(answer.value(), "half");
        } else {
            ASSERT_FALSE(answer.has_value());
            EXPECT_EQ(answer.error().code(), Errc::connection_lost);
        }
    }
}

TEST_F(ClientTls, LargeBodiesArriveWholeInBothDirections) {
    const std::string large(3 * 1024 * 1024, 'x');
    ScriptedServer server{serving(shown(authority.issue()), [&](TlsPeer& tls, int) {
        std::string head = tls.read_head();
        tls.skip(large.size());
        tls.send(ok_response(large));
    })};
    Client client = client_of(server);
    const auto answer = client.request("PUT", "/", {}, large, Deadline::in(20s));
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_EQ(answer->body(), large);
}

// With the default disposition a SIGPIPE would end this program.
TEST_F(ClientTls, WritingToAServerThatHasGoneRaisesNoSignal) {
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    ScriptedServer server{[&](RawPeer& peer, int) {
        TlsPeer tls{peer, shown(authority.issue())};
        peer.reset();
    }};
    Client client = client_of(server);
    const auto answer =
        client.request("PUT", "/", {}, std::string(8 * 1024 * 1024, 'x'), Deadline::in(10s));
    EXPECT_FALSE(answer.has_value());
    std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace rollcall::http
