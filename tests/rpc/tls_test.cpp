// Calls over TLS: who is served, who is refused, and what both sides say about it.

#include "support/process.h"
#include "support/temporary_directory.h"
#include "tls_fixture.h"

#include <asio/use_future.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::Process;
using ::testing::HasSubstr;

class Tls : public TlsFixture {
protected:
    // A call that must be refused before it is executed. What the client says; the server's log
    // must have a warning with `logged` in it.
    [[nodiscard]] static std::string refusal(
        const TestServer& tested, ClientOptions options, const std::string& logged
    ) {
        const auto result = call_add(tested.endpoint(), std::move(options));
        if (result) return "it was served";
        EXPECT_EQ(result.error().code(), Errc::connect_failed);
        EXPECT_EQ(result.error().sent(), Sent::not_sent);
        const bool found =
            eventually([&] { return tested.log.count(LogLevel::warning, logged) > 0; });
        EXPECT_TRUE(found) << "no '" << logged << "' in the log:\n" << tested.log.text();
        EXPECT_GT(tested.server.stats().failed_handshakes, 0U);
        EXPECT_EQ(tested.server.stats().requests, 0U);
        return result.error().message();
    }
};

TEST_F(Tls, CarriesCallsOfAnySize) {
    TestServer tested{serving()};
    Client client{tested.endpoint(), believing()};
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    for (const std::size_t size : {0UL, 1UL, 16'383UL, 16'384UL, 16'385UL, 70'000UL, 9'000'000UL}) {
        const std::string text(size, 'x');
        EXPECT_EQ(client.call(invoke<std::string>("echo", text)).value(), text) << size;
    }
    EXPECT_EQ(client.call(invoke<int>("on_pool")).value(), 7);
    EXPECT_EQ(client.counters().connects, 1U);
    EXPECT_EQ(tested.log.count(LogLevel::warning, "closed"), 0U) << tested.log.text();
    EXPECT_EQ(tested.server.stats().failed_handshakes, 0U);
}

TEST_F(Tls, CarriesManyCallsAtOnce) {
    ServerOptions options = serving();
    options.io_threads = 2;
    TestServer tested{options};
    std::vector<Client> clients;
    clients.reserve(8);
    std::vector<std::future<Result<std::string>>> answers;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(tested.endpoint(), believing());
        for (std::size_t n = 0; n < 200; ++n) {
            const std::string text(n * n, static_cast<char>('a' + i));
            answers.push_back(clients.back().async_call(
                invoke<std::string>("echo", text).within(30s), asio::use_future
            ));
        }
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::size_t n = i % 200;
        EXPECT_EQ(answers[i].get().value(), std::string(n * n, static_cast<char>('a' + i / 200)));
    }
}

TEST_F(Tls, CarriesCallsOverUnixDomainSockets) {
    const rollcall::tests::TemporaryDirectory folder;
    ServerOptions options = serving_known();
    options.listen = "unix:" + folder.path() + "/x.sock";
    TestServer tested{options};
    ClientOptions client = believing(authority.issue());
    EXPECT_THAT(
        error_of(call_add(tested.endpoint(), client)), HasSubstr("ClientOptions::tls_server_name")
    );
    client.tls_server_name = "localhost";
    EXPECT_EQ(call_add(tested.endpoint(), client).value(), 3);
}

TEST_F(Tls, VerifiesTheNameThatIsGiven) {
    TestServer tested{serving(authority.issue({.names = "DNS:calc.example"}))};
    EXPECT_THAT(
        refusal(tested, believing(), "may be for another name"),
        HasSubstr("the certificate of the server is for calc.example, not for 127.0.0.1")
    );
    ClientOptions named = believing();
    named.tls_server_name = "calc.example";
    EXPECT_EQ(call_add(tested.endpoint(), named).value(), 3);
    named.tls_server_name = "other.example";
    EXPECT_THAT(error_of(call_add(tested.endpoint(), named)), HasSubstr("not for other.example"));
}

TEST_F(Tls, RefusesExpiredCertificates) {
    TestServer old{serving(authority.issue({.begins = -7200, .ends = -3600}))};
    EXPECT_THAT(
        refusal(old, believing(), "finds this server's certificate expired"),
        HasSubstr("has expired: it was valid until ")
    );
    TestServer early{serving(authority.issue({.begins = 3600, .ends = 7200}))};
    EXPECT_THAT(
        refusal(early, believing(), "certificate"), HasSubstr("is not valid yet: it will be from ")
    );
}

TEST_F(Tls, RefusesUnknownAuthorities) {
    const Authority others;
    TestServer tested{serving()};
    ClientOptions options = believing();
    options.tls->ca_file = others.file();
    EXPECT_THAT(
        refusal(tested, options, "does not believe the authority of this server's certificate"),
        HasSubstr("is not by an authority in " + others.file())
    );
    options.tls->ca_file = "";
    EXPECT_THAT(
        refusal(tested, options, "does not believe"), HasSubstr("authority of the system's store")
    );
}

TEST_F(Tls, RefusesClientsWithoutAKnownCertificate) {
    TestServer tested{serving_known()};
    EXPECT_THAT(
        refusal(tested, believing(), "the client shows no certificate, and this server wants one"),
        HasSubstr("the server asks for a client certificate; give certificate_file and key_file")
    );
    Authority others;
    const IdentityFiles strange = others.issue();
    EXPECT_THAT(
        refusal(
            tested,
            believing(strange),
            "the certificate of the client is not by an authority in " + authority.file()
        ),
        HasSubstr("the server does not accept the client certificate " + strange.certificate)
    );
    const IdentityFiles old = authority.issue({.begins = -7200, .ends = -3600});
    EXPECT_THAT(
        refusal(tested, believing(old), "the certificate of the client has expired"),
        HasSubstr("does not accept the client certificate")
    );
    EXPECT_EQ(call_add(tested.endpoint(), believing(authority.issue())).value(), 3);
}

// Nothing of what it sent was read, so that it may wait for better times.
TEST_F(Tls, ARefusedClientThatWaitsIsServedOnceItMayBe) {
    const std::string shown = authority.folder() + "/shown";
    Authority others;
    const auto install = [&](const IdentityFiles& files) {
        const auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(files.key, shown + ".key", over);
        std::filesystem::copy_file(files.certificate, shown + ".pem", over);
    };
    install(others.issue());
    TestServer tested{serving_known()};
    ClientOptions options = believing({shown + ".pem", shown + ".key"});
    options.wait_for_ready = true;
    Client client{tested.endpoint(), options};
    auto waits = client.async_call(invoke<int>("add", 1, 2).within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return tested.server.stats().failed_handshakes >= 2; }));
    install(authority.issue());
    EXPECT_EQ(waits.get().value(), 3);
}

TEST_F(Tls, FilesThatCannotBeReadAreNamed) {
    ServerOptions wrong = serving();
    wrong.tls.key_file = "/nowhere/x.key";
    try {
        Server server{wrong};
        server.start();
        FAIL() << "it started";
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), HasSubstr("key_file '/nowhere/x.key': cannot be read"));
    }
    TestServer tested{serving()};
    ClientOptions options = believing();
    options.tls->ca_file = "/nowhere/ca.pem";
    EXPECT_THAT(
        error_of(call_add(tested.endpoint(), options)),
        HasSubstr("ca_file '/nowhere/ca.pem': cannot be read: No such file")
    );
}

// ---- real programs at the other end

// It asks for one sum. In place of the shell, so that it ends with the Process.
std::vector<std::string> s_client(
    const Authority& authority, const Endpoint& server, const std::string& more
) {
    const std::string asks = authority.folder() + "/request";
    std::ofstream{asks} << request(1, "add", 1, 2);
    return {
        "/bin/sh",
        "-c",
        "exec openssl s_client -quiet -connect " + server.to_string() + " " + more + " < " + asks};
}

TEST_F(Tls, TheProgramOfOpensslIsServed) {
    TestServer tested{serving_known()};
    const IdentityFiles shown = authority.issue();
    Process client{s_client(
        authority,
        tested.endpoint(),
        "-verify_return_error -verify_ip 127.0.0.1 -alpn rollcall -CAfile " + authority.file() +
            " -cert " + shown.certificate + " -key " + shown.key
    )};
    EXPECT_TRUE(eventually([&] { return client.output() == result(1, 3); })) << client.errors();
    tested.server.stop();  // and it sees the end
    EXPECT_TRUE(client.wait());
}

TEST_F(Tls, WithoutAnApplicationProtocolOneIsServedWithAnotherRefused) {
    TestServer tested{serving()};
    Process none{s_client(authority, tested.endpoint(), "")};
    EXPECT_TRUE(eventually([&] { return none.output() == result(1, 3); })) << none.errors();
    Process other{s_client(authority, tested.endpoint(), "-alpn h2,imap")};
    EXPECT_TRUE(other.wait());
    EXPECT_THAT(other.errors(), HasSubstr("no application protocol"));
    EXPECT_EQ(tested.log.count(LogLevel::warning, "wants to speak another protocol (ALPN)"), 1U)
        << tested.log.text();
    Process old{s_client(authority, tested.endpoint(), "-tls1_1 -cipher DEFAULT@SECLEVEL=0")};
    EXPECT_TRUE(old.wait());
    EXPECT_TRUE(eventually([&] {
        return tested.log.count(LogLevel::warning, "no version of TLS from 1.2 on") == 1;
    })) << tested.log.text();
    EXPECT_EQ(old.output(), "");
}

TEST_F(Tls, HttpOverTlsIsToldWhatThisIs) {
    TestServer tested{serving()};
    const auto curl = rollcall::tests::run(
        {"/bin/sh",
         "-c",
         "exec curl -s --cacert " + authority.file() + " https://" + tested.endpoint().to_string()}
    );
    EXPECT_EQ(curl.output, "This port speaks MessagePack-RPC, not HTTP.\n");
}

}  // namespace
}  // namespace rollcall::rpc::tests
