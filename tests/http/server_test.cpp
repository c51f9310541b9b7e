// The HTTP server against real sockets: what it passes to handlers, what it answers by itself and
// answers that come later.
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
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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

TEST(HttpServer, EndsConnectionsOfOtherVersions) {
    TestServer test;
    for (const char* version : {"HTTP/9.9", "HTTP/2.0", "HTTP/0.9"}) {
        const std::string request = std::string{"GET / "} + version + "\r\n\r\n";
        EXPECT_EQ(test.exchange(request), "") << version;
    }
    EXPECT_THAT(
        test.exchange("GET / HTTP/1.0\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n")
    );
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

TEST(HttpServer, SendsABodyInParts) {
    const auto part = [](std::string text) {
        return std::make_shared<const std::string>(std::move(text));
    };
    constexpr std::size_t kParts = 3'000;  // more than the system takes at once
    TestServer test{[&](const Request& request, Responder responder) {
        Response response = Response::text(200, "first");
        if (request.target == "/none") response.body = nullptr;
        response.more = {part("second\n"), part(""), part("third")};
        if (request.target == "/many") response.more.assign(kParts, part("part of many, "));
        responder.respond(response);
    }};
    EXPECT_THAT(
        test.get("/"), AllOf(HasSubstr("Content-Length: 18\r\n"), EndsWith("first\nsecond\nthird"))
    );
    EXPECT_EQ(body_of(test.get("/none")), "second\nthird");
    EXPECT_EQ(body_of(test.get("/many")).size(), 6 + kParts * 14);
    const std::string head =
        test.exchange("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Content-Length: 18\r\n"));
    EXPECT_EQ(body_of(head), "");
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

}  // namespace rollcall::http
