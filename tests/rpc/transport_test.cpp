// The byte stream under a connection, encrypted: both ends of it in one thread.

#include "transport.h"

#include "support/process.h"
#include "support/seed.h"
#include "tls_fixture.h"
#include "write_queue.h"

#include <asio/io_context.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <random>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using State = tls::Step::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A plain connection is as small as its socket.
static_assert(sizeof(Transport) <= sizeof(std::optional<StreamSocket>) + sizeof(void*));

class EncryptedTransport : public TlsFixture {
protected:
    EncryptedTransport() : EncryptedTransport(Wanted{.names = "DNS:worker,URI:spiffe://x/w"}) {}

    using Wanted = rollcall::tests::Wanted;

    explicit EncryptedTransport(const Wanted& of_client) : shown(authority.issue(of_client)) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) throw std::bad_alloc{};
        client.emplace(StreamSocket{io, asio::generic::stream_protocol{AF_UNIX, 0}, ends[0]});
        server.emplace(StreamSocket{io, asio::generic::stream_protocol{AF_UNIX, 0}, ends[1]});
        const tls::ClientOptions believes{authority.file(), shown.certificate, shown.key};
        client->encrypt(
            tls::Session::connect(
                ends[0], tls::client_context(believes).value(), {"localhost", believes, ""}
            )
                .value()
        );
        const tls::ServerOptions shows{identity.certificate, identity.key, authority.file()};
        server->encrypt(tls::Session::accept(ends[1], tls::server_context(shows).value()));
        bool done = false;
        while (!done) {
            const bool first = client->handshake().state == State::done;
            done = server->handshake().state == State::done && first;
        }
    }

    // All of it must be taken.
    static void send(Transport& from, std::string_view bytes) {
        asio::error_code ec;
        EXPECT_EQ(from.write_some(asio::buffer(bytes), ec), bytes.size()) << ec;
    }

    [[nodiscard]] static std::string receive(
        Transport& to, std::size_t most, asio::error_code& ec
    ) {
        std::string bytes(most, '\0');
        bytes.resize(to.read_some(bytes, ec));
        return bytes;
    }

    [[nodiscard]] static std::string receive(Transport& to, std::size_t most = 65536) {
        asio::error_code ec;
        return receive(to, most, ec);
    }

    // Whether a wait for bytes ends without any more coming.
    [[nodiscard]] bool is_readable(Transport& to) {
        bool readable = false;
        to.async_wait_readable([&](const asio::error_code& ec) { readable = !ec; });
        EXPECT_FALSE(readable) << "it has completed before it returned";
        io.restart();
        io.run_for(20ms);
        return readable;
    }

    IdentityFiles shown;
    asio::io_context io;
    std::optional<Transport> client;
    std::optional<Transport> server;
};

TEST_F(EncryptedTransport, FindsReadableWhatHasBeenDecrypted) {
    send(*client, std::string(100, 'x'));
    EXPECT_TRUE(is_readable(*server));
    EXPECT_EQ(receive(*server, 10), std::string(10, 'x'));
    EXPECT_TRUE(is_readable(*server));
    EXPECT_EQ(receive(*server, 1000), std::string(90, 'x'));
    asio::error_code ec;
    EXPECT_EQ(receive(*server, 10, ec), "");
    EXPECT_EQ(ec, asio::error::would_block);
}

TEST_F(EncryptedTransport, WaitsForWhatHasNotCome) {
    bool readable = false;
    server->async_wait_readable([&](const asio::error_code& ec) { readable = !ec; });
    io.run_for(20ms);
    EXPECT_FALSE(readable);
    send(*client, "x");
    io.run_one_for(10s);
    EXPECT_TRUE(readable);
}

TEST_F(EncryptedTransport, GathersSmallBuffersIntoOneRecord) {
    const std::string part(10, 'x');
    std::array<asio::const_buffer, 16> parts;
    parts.fill(asio::buffer(part));
    asio::error_code ec;
    EXPECT_EQ(client->write_some(parts, ec), 160U);
    int on_the_wire = 0;
    ::ioctl(server->descriptor(), FIONREAD, &on_the_wire);
    EXPECT_LT(on_the_wire, 160 + 32);
    EXPECT_EQ(receive(*server), std::string(160, 'x'));
}

// Buffers of all sizes, through sockets that are full most of the time.
TEST_F(EncryptedTransport, KeepsEveryByteInOrder) {
    const int small = 4096;
    ::setsockopt(client->descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    std::mt19937_64 random{rollcall::tests::seed()};
    WriteQueue queue;
    std::string sent;
    std::string received;
    constexpr std::size_t kAll = 3'000'000;
    std::size_t blocked = 0;
    while (sent.size() < kAll || received.size() < sent.size()) {
        while (sent.size() < kAll && queue.bytes() < 100'000) {
            const std::size_t size = random() % 4 == 0 ? random() % 40'000 : random() % 200;
            std::string bytes(size, '\0');
            std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
            sent += bytes;
            if (size % 2 == 0) {
                queue.append(bytes);
            } else {
                auto body = std::make_shared<codec::Buffer>();
                body->append(bytes);
                queue.append(std::shared_ptr<const codec::Buffer>{body});
            }
        }
        asio::error_code ec;
        WriteQueue::Chunks chunks;
        if (!queue.empty()) queue.consume(client->write_some(queue.front(chunks), ec));
        if (ec == asio::error::would_block) ++blocked;
        if (random() % 2 == 0) received += receive(*server, 1 + random() % 50'000);
        ASSERT_TRUE(!ec || ec == asio::error::would_block) << client->words_for(ec);
    }
    EXPECT_TRUE(received == sent);
    EXPECT_GT(blocked, 10U);
}

TEST_F(EncryptedTransport, EndsAfterTheLastByteInOneDirection) {
    send(*client, "last");
    client->finish_sending();
    EXPECT_EQ(receive(*server), "last");
    asio::error_code ec;
    EXPECT_EQ(receive(*server, 10, ec), "");
    EXPECT_EQ(ec, asio::error::eof);
    EXPECT_EQ(server->words_for(ec), "the peer closed the connection");
    send(*server, "the answer");
    server->close();
    EXPECT_EQ(receive(*client), "the answer");
    EXPECT_EQ(receive(*client, 10, ec), "");
    EXPECT_EQ(ec, asio::error::eof);
}

TEST_F(EncryptedTransport, EndsInOrderThoughTheKernelIsFull) {
    const int small = 4096;
    ::setsockopt(client->descriptor(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    const std::string bytes(700, 'x');
    asio::error_code ec;
    std::size_t sent = 0;
    while (!ec)
        sent += client->write_some(asio::buffer(bytes), ec);
    std::size_t received = 0;
    for (ec = asio::error::would_block; ec;) {  // until the kernel has just taken the last one
        received += receive(*server, 100).size();
        ec = {};
        sent += client->write_some(asio::buffer(bytes), ec);
    }
    client->finish_sending();
    asio::error_code end;
    while (end != asio::error::eof) {
        received += receive(*server, 65536, end).size();
        ASSERT_TRUE(!end || end == asio::error::would_block || end == asio::error::eof)
            << server->words_for(end);
        static_cast<void>(receive(*client));  // as a connection that lingers
    }
    EXPECT_EQ(received, sent);
}

TEST_F(EncryptedTransport, AnEndWithoutAGoodbyeIsAnError) {
    send(*client, "half a mess");
    ::shutdown(client->descriptor(), SHUT_WR);
    EXPECT_EQ(receive(*server), "half a mess");
    asio::error_code ec;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(receive(*server, 10, ec), "");
        EXPECT_EQ(ec, asio::error::connection_aborted);
        EXPECT_THAT(server->words_for(ec), HasSubstr("truncated"));
    }
}

TEST_F(EncryptedTransport, BytesThatWereChangedOnTheWayAreAnError) {
    std::array<char, 40> forged{};
    forged[0] = '\x17';
    forged[1] = forged[2] = '\x03';
    forged[4] = 35;
    ASSERT_EQ(::send(client->descriptor(), forged.data(), forged.size(), 0), 40);
    asio::error_code ec;
    EXPECT_EQ(receive(*server, 10, ec), "");
    EXPECT_EQ(ec, asio::error::connection_aborted);
    EXPECT_THAT(server->words_for(ec), HasSubstr("bad record mac"));
}

TEST_F(EncryptedTransport, KnowsWhoIsAtTheOtherEnd) {
    const PeerIdentity identity_of_client = server->identity();
    ASSERT_TRUE(identity_of_client.certificate());
    const tls::PeerCertificate& certificate = *identity_of_client.certificate();
    EXPECT_THAT(certificate.dns_names, ElementsAre("worker"));
    EXPECT_THAT(certificate.uris, ElementsAre("spiffe://x/w"));
    EXPECT_EQ(certificate.common_name, "test DNS:worker,URI:spiffe://x/w");
    EXPECT_EQ(certificate.subject, "CN=test DNS:worker\\,URI:spiffe://x/w");
    std::string expected =
        rollcall::tests::run({"/bin/sh",
                              "-c",
                              "exec openssl x509 -noout -fingerprint -sha256 -in " +
                                  shown.certificate})
            .output;
    expected = expected.substr(expected.find('=') + 1);
    std::erase(expected, ':');
    std::erase(expected, '\n');
    std::transform(expected.begin(), expected.end(), expected.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    EXPECT_EQ(certificate.fingerprint, expected);
    ASSERT_TRUE(identity_of_client.process());
    EXPECT_EQ(identity_of_client.process()->pid, ::getpid());
    EXPECT_EQ(identity_of_client.process()->uid, ::getuid());
    EXPECT_THAT(client->identity().certificate()->dns_names, ElementsAre("localhost"));
    server->close();
    EXPECT_EQ(server->identity(), PeerIdentity{});
}

// ---- a client whose keys the test holds

class KeyedClient {
public:
    KeyedClient(RawPeer& peer, const std::string& ca_file)
        : context_(tls::client_context({ca_file, "", ""}).value()), ssl_(SSL_new(context_.get())) {
        SSL_set_fd(ssl_, peer.descriptor());
        EXPECT_EQ(SSL_connect(ssl_), 1);
    }

    ~KeyedClient() { SSL_free(ssl_); }

    KeyedClient(const KeyedClient&) = delete;
    KeyedClient& operator=(const KeyedClient&) = delete;

    // Has both sides use new keys from now on.
    void update_keys() {
        EXPECT_EQ(SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED), 1);
        EXPECT_EQ(SSL_do_handshake(ssl_), 1);
    }

    void send(std::string_view bytes) {
        EXPECT_EQ(
            SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())),
            static_cast<int>(bytes.size())
        );
    }

    [[nodiscard]] std::string receive(std::size_t bytes) {
        std::string all;
        std::string part(65536, '\0');
        while (all.size() < bytes) {
            const int n = SSL_read(ssl_, part.data(), static_cast<int>(part.size()));
            if (n <= 0) break;
            all.append(part, 0, static_cast<std::size_t>(n));
        }
        return all;
    }

    [[nodiscard]] int renegotiate() { return SSL_renegotiate(ssl_); }

private:
    tls::Context context_;
    SSL* ssl_;
};

TEST_F(TlsFixture, KeysMayBeRenewedWithRepliesUnread) {
    TestServer tested{serving()};
    RawPeer peer{tested.endpoint()};
    KeyedClient client{peer, authority.file()};
    client.send(request(1, "add", 1, 2));
    EXPECT_EQ(client.receive(5), result(1, 3));
    // So large that the server has to wait for room when it should answer with its own update.
    constexpr std::size_t kLarge = 9'000'000;
    client.send(request(2, "big", kLarge));
    ASSERT_TRUE(eventually([&] { return tested.large_results.load() == 1; }));
    for (std::uint32_t id = 3; id < 50; ++id) {
        client.update_keys();
        client.send(request(id, "add", 1, 2));
    }
    std::string expected = result(2, std::string(kLarge, 'x'));
    for (std::uint32_t id = 3; id < 50; ++id)
        expected += result(id, 3);
    const std::string received = client.receive(expected.size());
    EXPECT_EQ(received.size(), expected.size());
    EXPECT_TRUE(received == expected) << tested.log.text();
}

}  // namespace
}  // namespace rollcall::rpc::tests
