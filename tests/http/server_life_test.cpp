// The HTTP server's life: where it listens, what it survives, how it ends.
#include <rollcall/http/server.h>

#include "server_harness.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace rollcall::http {
namespace {

using namespace tests;
using rollcall::tests::eventually;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// "At once", on a machine that does other things too.
constexpr Duration kPrompt = std::chrono::seconds{3};

}  // namespace

TEST(HttpServer, AnswersParkedRequestsWhenItStops) {
    std::vector<Responder> parked;
    std::atomic<int> count{0};
    TestServer test{[&](const Request&, Responder responder) {
        parked.push_back(std::move(responder));
        ++count;
    }};
    RawPeer waiting{test.server.endpoint()};
    RawPeer idle{test.server.endpoint()};
    waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return count == 1; }));
    const TimePoint start = SteadyClock::now();
    test.server.stop();
    EXPECT_LT(SteadyClock::now() - start, kPrompt);
    const std::string answer = waiting.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
}

TEST(HttpServer, TellsWhenTheClientOfAParkedRequestHasGone) {
    std::vector<Responder> parked;
    std::atomic<int> count{0};
    std::atomic<int> gone{0};
    TestServer test{[&](const Request& request, Responder responder) {
        responder.when_gone([&, path = request.target] {
            if (path == "/drop") parked.clear();  // a responder may be destroyed by its callback
            ++gone;
        });
        parked.push_back(std::move(responder));
        ++count;
    }};
    RawPeer closing{test.server.endpoint()};
    RawPeer resetting{test.server.endpoint()};
    closing.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return count == 1; }));
    closing.close();
    EXPECT_TRUE(eventually([&] { return gone == 1; }));
    resetting.send("GET /drop HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return count == 2; }));
    resetting.reset();
    EXPECT_TRUE(eventually([&] { return gone == 2; }));
    test.server.stop();
    EXPECT_EQ(gone, 2);
}

TEST(HttpServer, StopsWhileAClientDoesNotRead) {
    const auto big = std::make_shared<const std::string>(64 * 1024 * 1024, 'x');
    std::atomic<bool> asked{false};
    TestServer test{[&](const Request&, Responder responder) {
        responder.respond(Response::json(200, big));
        asked = true;
    }};
    RawPeer peer{test.server.endpoint()};
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return asked.load(); }));
    const TimePoint start = SteadyClock::now();
    test.server.stop();
    EXPECT_LT(SteadyClock::now() - start, kPrompt);
}

// The server looks at its times once a second.
constexpr Duration kNoticed = std::chrono::seconds{8};

TEST(HttpServer, ClosesARequestThatComesTooSlowly) {
    ServerOptions options = loopback();
    options.idle_timeout = std::chrono::milliseconds{100};
    TestServer test{describe, options};
    for (const char* begun : {"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
        RawPeer peer{test.server.endpoint()};
        peer.send(begun);
        const TimePoint start = SteadyClock::now();
        EXPECT_EQ(peer.receive_all(kNoticed), "") << begun;
        EXPECT_TRUE(peer.at_end()) << begun;
        EXPECT_GE(SteadyClock::now() - start, options.idle_timeout);
    }
}

TEST(HttpServer, GivesUpOnAHandlerThatDoesNotAnswer) {
    std::vector<Responder> kept;
    ServerOptions options = loopback();
    options.answer_timeout = std::chrono::milliseconds{100};
    TestServer test{
        [&](const Request&, Responder responder) { kept.push_back(std::move(responder)); },
        options};
    RawPeer peer{test.server.endpoint()};
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(peer.receive_all(kNoticed), "");
    EXPECT_TRUE(peer.at_end());
    test.server.stop();
}

// With `Connection: Upgrade` it stayed for good.
TEST(HttpServer, ClosesAClientThatDoesNotReadWhateverItAsksFor) {
    const auto big = std::make_shared<const std::string>(64 * 1024 * 1024, 'x');
    for (const char* header : {"", "Connection: Upgrade\r\nUpgrade: h2c\r\n"}) {
        ServerOptions options = loopback();
        options.write_timeout = std::chrono::milliseconds{100};
        options.connections_max = 1;  // so that the next is served when this one is closed
        std::atomic<bool> asked{false};
        TestServer test{
            [&](const Request& request, Responder responder) {
                const bool is_big = request.path.front() == "big";
                responder.respond(is_big ? Response::json(200, big) : Response::text(200, "next"));
                asked = true;
            },
            options};
        RawPeer peer{test.server.endpoint()};
        peer.set_receive_buffer(4096);
        peer.send(std::string{"GET /big HTTP/1.1\r\nHost: x\r\n"} + header + "\r\n");
        ASSERT_TRUE(eventually([&] { return asked.load(); }));
        RawPeer next{test.server.endpoint()};
        next.send("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_THAT(next.receive_all(kNoticed), EndsWith("next\n")) << header;
    }
}

TEST(HttpServer, SaysThatThePortIsTaken) {
    TestServer first;
    ServerOptions options = loopback();
    options.listen = first.server.endpoint();
    Server second{options, describe};
    try {
        second.start();
        FAIL() << "the port was taken";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::address_in_use);
        EXPECT_THAT(error.what(), HasSubstr("cannot listen on " + options.listen.to_string()));
        EXPECT_THAT(error.what(), HasSubstr("another process has that port"));
    }
}

TEST(HttpServer, ListensOnNamesAndIpv6) {
    for (const char* host : {"localhost", "::1"}) {
        ServerOptions options = loopback();
        options.listen = Endpoint{host, 0};
        TestServer test{describe, options};
        EXPECT_EQ(test.server.endpoint().host(), host);
        EXPECT_NE(test.server.endpoint().port(), 0);
    }
    ServerOptions options = loopback();
    options.listen = Endpoint{"no-such-host.invalid", 0};
    Server server{options, describe};
    EXPECT_THROW(server.start(), std::system_error);
}

TEST(HttpServer, HoldsConnectionsAtTheLimit) {
    ServerOptions options = loopback();
    options.connections_max = 2;
    TestServer test{describe, options};
    const std::string get = "GET /c HTTP/1.1\r\nHost: x\r\n\r\n";
    RawPeer first{test.server.endpoint()};
    RawPeer second{test.server.endpoint()};
    for (RawPeer* peer : {&first, &second}) {
        peer->send(get);
        EXPECT_THAT(peer->receive(), HasSubstr("GET /c"));
    }
    RawPeer third{test.server.endpoint()};
    third.send(get);
    EXPECT_EQ(third.receive(1, std::chrono::milliseconds{200}), "");
    EXPECT_FALSE(third.at_end());
    first.close();
    EXPECT_THAT(third.receive(), HasSubstr("GET /c"));
}

// Twenty thousand idle connections kept everybody out for two minutes.
TEST(HttpServer, GivesThePlaceOfTheLongestIdleConnectionToANewOne) {
    ServerOptions options = loopback();
    options.connections_max = 3;
    std::vector<Responder> parked;
    std::atomic<int> count{0};
    TestServer test{
        [&](const Request& request, Responder responder) {
            if (request.target != "/park") return describe(request, std::move(responder));
            parked.push_back(std::move(responder));
            ++count;
        },
        options};
    RawPeer waiting{test.server.endpoint()};
    waiting.send("GET /park HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return count == 1; }));
    RawPeer silent{test.server.endpoint()};
    const std::string get = "GET /c HTTP/1.1\r\nHost: x\r\n\r\n";
    RawPeer busy{test.server.endpoint()};
    busy.send(get);
    EXPECT_THAT(busy.receive(), HasSubstr("GET /c"));
    RawPeer fourth{test.server.endpoint()};
    fourth.send(get);
    EXPECT_THAT(fourth.receive(), HasSubstr("GET /c"));
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_TRUE(silent.at_end());
    RawPeer fifth{test.server.endpoint()};
    fifth.send(get);
    EXPECT_THAT(fifth.receive(), HasSubstr("GET /c"));
    EXPECT_EQ(waiting.receive(1, Duration{0}), "");
    EXPECT_FALSE(waiting.at_end()) << "who waits for an answer is not idle";
    test.server.stop();
}

TEST(HttpServer, AcceptsAgainAfterRunningOutOfDescriptors) {
    std::mutex mutex;
    std::string logged;
    ServerOptions options;
    options.log = Log{[&](LogLevel, std::string_view message) {
        const std::lock_guard lock{mutex};
        logged += message;
    }};
    TestServer test{describe, options};
    RawPeer waiting{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    // No descriptor beyond those that are open: accept() fails until the limit is back.
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(test.server.endpoint().port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connected = ::connect(
        waiting.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address
    );
    const bool failed = eventually([&] {
        const std::lock_guard lock{mutex};
        return logged.find("cannot accept connections") != std::string::npos;
    });
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_EQ(connected, 0);
    EXPECT_TRUE(failed);
    waiting.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(waiting.receive(), HasSubstr("GET /again"));
    test.server.stop();
}

TEST(HttpServer, ServesManyConnectionsAtOnce) {
    TestServer test;
    std::vector<RawPeer> peers;
    for (int i = 0; i < 200; ++i)
        peers.emplace_back(test.server.endpoint());
    for (RawPeer& peer : peers)
        peer.send("GET /m HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(std::all_of(peers.begin(), peers.end(), [](RawPeer& peer) {
        return peer.receive().find("GET /m") != std::string::npos;
    }));
}

}  // namespace rollcall::http
