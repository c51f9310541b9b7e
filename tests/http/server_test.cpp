// The HTTP server against real sockets: what it passes to handlers, what it answers by itself,
// answers that come later, and its end.
#include <rollcall/http/server.h>

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

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using tests::eventually;
using tests::RawPeer;

// "At once", on a machine that does other things too.
constexpr Duration kPrompt = std::chrono::seconds{3};

// Answers with what it saw: "METHOD seg|seg ?k=v&... peer body".
void describe(const Request& request, Responder responder) {
    std::string text = request.method + " ";
    for (const std::string& segment : request.path)
        text += "/" + segment;
    for (const auto& [key, value] : request.query)
        text += " ?" + key + "=" + value;
    if (const auto name = request.header("x-name")) text += " name=" + std::string{*name};
    text += " body=" + std::to_string(request.body.size());
    responder.respond(Response::text(200, std::move(text)));
}

ServerOptions loopback() {
    ServerOptions options;
    options.log = Log::none();
    return options;
}

// A server with one handler, started, and a way to send it raw requests.
class TestServer {
public:
    explicit TestServer(Server::Handler handler = describe, ServerOptions options = loopback())
        : server(std::move(options), std::move(handler)) {
        server.start();
    }

    // One request on a connection of its own, everything that came back. `finish` ends the
    // sending side, for bytes that are no whole request.
    std::string exchange(const std::string& bytes, bool finish = false) {
        RawPeer peer{server.endpoint()};
        peer.send(bytes);
        if (finish) peer.finish();
        return peer.receive_all();
    }

    std::string get(const std::string& target, const std::string& headers = "") {
        return exchange(
            "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n"
        );
    }

    Server server;
};

std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::string post(std::size_t body_bytes) {
    return "POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body_bytes) + "\r\n\r\n" + std::string(body_bytes, 'b');
}

}  // namespace

TEST(HttpServer, DecodesPathAndQuery) {
    TestServer test;
    EXPECT_EQ(
        body_of(test.get("/v1/services/a%2Fb/%e5%ae%9E/?status=up&x=%20+y&x=2&empty")),
        "GET /v1/services/a/b/\xe5\xae\x9e ?empty= ?status=up ?x=2 body=0\n"
    );
    EXPECT_EQ(body_of(test.get("/")), "GET  body=0\n");
    EXPECT_EQ(body_of(test.get("//a")), "GET //a body=0\n");
    EXPECT_EQ(body_of(test.get("http://host/p?q=1")), "GET /p ?q=1 body=0\n");
    EXPECT_EQ(body_of(test.get("/p", "X-NAME: Ada\r\n")), "GET /p name=Ada body=0\n");
}

TEST(HttpServer, RefusesBadEncodings) {
    TestServer test;
    for (const char* target : {"/%", "/%4", "/%zz", "/a?%=1", "/a?k=%f"}) {
        const std::string answer = test.get(target);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << target;
        EXPECT_THAT(answer, HasSubstr("\"error\":\"bad_url\"")) << target;
    }
}

TEST(HttpServer, AnswersHeadWithoutBody) {
    TestServer test;
    const std::string answer =
        test.exchange("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 14\r\n"));  // "GET /a body=0\n"
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, LeavesOutWhatNoContentForbids) {
    TestServer test{
        [](const Request&, Responder responder) { responder.respond(Response::empty(204)); }};
    const std::string answer = test.get("/");
    EXPECT_EQ(answer, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(HttpServer, KeepsControlCharactersOutOfHeaders) {
    TestServer test{[](const Request&, Responder responder) {
        responder.respond(Response::empty(200).with_header("X-A", "1\r\nX-B: 2"));
    }};
    EXPECT_THAT(test.get("/"), HasSubstr("X-A: 1X-B: 2\r\n"));
}

TEST(HttpServer, EscapesErrorMessages) {
    EXPECT_EQ(
        *Response::error(400, "bad", "a \"quoted\\\" \x01").body,
        R"({"error":"bad","message":"a \"quoted\\\" \u0001"})"
    );
}

TEST(HttpServer, LimitsTheBody) {
    TestServer test;
    EXPECT_THAT(test.exchange(post(64 * 1024 - 1)), HasSubstr("body=65535"));
    EXPECT_THAT(test.exchange(post(64 * 1024)), HasSubstr("body=65536"));
    const std::string over = test.exchange(post(64 * 1024 + 1));
    EXPECT_THAT(over, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(over, HasSubstr("the body is 65537 bytes long; at most 65536 are allowed"));
    // Far beyond, the connection ends instead; the server goes on.
    EXPECT_THAT(test.exchange(post(4 * 64 * 1024 + 1)), Not(HasSubstr("200 OK")));
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpServer, LimitsTheUrl) {
    TestServer test;
    const auto path = [](std::size_t bytes) { return "/" + std::string(bytes - 1, 'u'); };
    EXPECT_THAT(test.get(path(8 * 1024 - 1)), HasSubstr("200 OK"));
    EXPECT_THAT(test.get(path(8 * 1024)), HasSubstr("200 OK"));
    EXPECT_THAT(test.get(path(8 * 1024 + 1)), StartsWith("HTTP/1.1 414 "));
    EXPECT_THAT(test.get(path(60'000)), StartsWith("HTTP/1.1 414 "));
    EXPECT_THAT(test.get(path(200'000)), Not(HasSubstr("200 OK")));
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpServer, LimitsTheHeaders) {
    TestServer test;
    // get() sends "Host: x" and "Connection: close": 9 and 19 bytes with separator and line end,
    // and "X-Big: " with its line end is another 9.
    const std::size_t room = 32 * 1024 - 9 - 19 - 9;
    const auto big = [](std::size_t bytes) { return "X-Big: " + std::string(bytes, 'h') + "\r\n"; };
    EXPECT_THAT(test.get("/", big(room - 1)), HasSubstr("200 OK"));
    EXPECT_THAT(test.get("/", big(room)), HasSubstr("200 OK"));
    EXPECT_THAT(test.get("/", big(room + 1)), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(test.get("/", big(90'000)), Not(HasSubstr("200 OK")));
    std::string many;
    for (int i = 0; i < 5'000; ++i)
        many += "a: b\r\n";
    EXPECT_THAT(test.get("/", many), Not(HasSubstr("200 OK")));
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpServer, SurvivesGarbage) {
    TestServer test;
    for (int byte = 0; byte < 256; ++byte) {
        test.exchange(std::string(1, static_cast<char>(byte)) + "\r\n\r\n", true);
    }
    for (const char* bytes :
         {"\r\n\r\n\r\n\r\n",
          "GET",
          "GET / HTTP/9.9\r\n\r\n",
          "BREW / HTTP/1.1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "CONNECT a:1 HTTP/1.1\r\n\r\n"}) {
        test.exchange(bytes, true);
    }
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

TEST(HttpServer, ReadsChunkedBodies) {
    TestServer test;
    EXPECT_THAT(
        test.exchange("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
        HasSubstr("body=5")
    );
}

TEST(HttpServer, IgnoresUpgrades) {
    TestServer test;
    EXPECT_THAT(
        test.exchange("GET /u HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
        HasSubstr("GET /u body=0")
    );
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    TestServer test;
    std::string bytes;
    for (int i = 0; i < 20; ++i) {
        bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    RawPeer peer{test.server.endpoint()};
    peer.send(bytes);
    std::string seen;
    ASSERT_TRUE(eventually([&] {
        seen += peer.receive(65536, std::chrono::milliseconds{20});
        return seen.find("GET /19 ") != std::string::npos;
    }));
    std::size_t last = 0;
    for (int i = 0; i < 20; ++i) {
        const auto found = seen.find("GET /" + std::to_string(i) + " ");
        ASSERT_NE(found, std::string::npos) << i;
        EXPECT_GE(found, last);
        last = found;
    }
}

TEST(HttpServer, AnswersLater) {
    std::vector<Responder> parked;  // on the I/O thread
    std::atomic<int> count{0};
    TestServer test{[&](const Request&, Responder responder) {
        parked.push_back(std::move(responder));
        ++count;
    }};
    RawPeer peer{test.server.endpoint()};
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return count == 1; }));
    test.server.post([&] {
        parked.front().respond(Response::text(200, "late"));
        parked.front().respond(Response::text(200, "twice"));
    });
    const std::string answer = peer.receive();
    EXPECT_THAT(answer, EndsWith("late\n"));
    // Ends before what it captured does.
    test.server.stop();
}

TEST(HttpServer, AnswersForAHandlerThatDoesNot) {
    TestServer test{[](const Request& request, Responder responder) {
        if (request.path.front() == "throw") throw std::runtime_error{"no"};
        const Responder dropped = std::move(responder);
    }};
    EXPECT_THAT(test.get("/throw"), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(test.get("/drop"), HasSubstr("\"error\":\"no_answer\""));
}

TEST(HttpServer, RunsWorkAfterADelay) {
    TestServer test;
    std::atomic<bool> ran{false};
    const TimePoint start = SteadyClock::now();
    test.server.after(std::chrono::milliseconds{30}, [&] { ran = true; });
    EXPECT_TRUE(eventually([&] { return ran.load(); }));
    EXPECT_GE(SteadyClock::now() - start, std::chrono::milliseconds{30});
}

TEST(HttpServer, SurvivesThrowingWork) {
    TestServer test;
    test.server.post([] { throw std::runtime_error{"no"}; });
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

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
