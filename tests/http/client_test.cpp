#include <rollcall/http/client.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <sys/resource.h>
#include <sys/select.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace rollcall::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tests::ok_response;
using tests::ScriptedServer;

Client client_of(const ScriptedServer& server, const std::string& path = "") {
    return Client{Url::parse(server.url() + path).value()};
}

TEST(Client, BringsStatusHeadersAndBody) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 201 Created\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello";
    })};
    Client client = client_of(server);
    const auto response = client.request("GET", "/", {}, "", Deadline::in(5s)).value();
    EXPECT_EQ(response.status(), 201);
    EXPECT_TRUE(response.ok());
    EXPECT_EQ(response.header("x-one"), "1");
    EXPECT_EQ(response.header("x-two"), std::nullopt);
    EXPECT_EQ(response.body(), "hello");
}

TEST(Client, KeepsHeadersWithoutAValue) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 200 OK\r\nX-A:\r\nX-B: \r\nX-C:1\r\nContent-Length: 0\r\n\r\n";
    })};
    Client client = client_of(server);
    const auto response = client.request("GET", "/", {}, "", Deadline::in(5s)).value();
    EXPECT_EQ(response.header("X-A"), "");
    EXPECT_EQ(response.header("X-B"), "");
    EXPECT_EQ(response.header("X-C"), "1");
    EXPECT_EQ(response.headers().size(), 4U);
}

// It waited for a body up to the deadline: a watch that ended without news was a failure.
TEST(Client, NotModifiedIsWholeWithoutABody) {
    for (const char* const more :
         {"", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
        ScriptedServer server{tests::answering([&](const std::string& request) {
            if (request.starts_with("GET")) return ok_response("list");
            return "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n" + std::string{more} + "\r\n";
        })};
        Client client = client_of(server);
        for (int i = 0; i < 2; ++i) {
            const auto same = client.request("POST", "/", {}, "x", Deadline::in(5s));
            ASSERT_TRUE(same) << same.error().message() << ", with " << more;
            EXPECT_EQ(same->status(), 304);
            EXPECT_EQ(same->header("ETag"), "\"a\"");
            EXPECT_EQ(same->body(), "");
            EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(20s)).value().body(), "list");
        }
        // The connection is kept where nothing was announced.
        EXPECT_TRUE(*more != 0 || server.connections() == 1);
    }
}

// Half a head is none.
TEST(Client, NotModifiedMustHaveItsWholeHead) {
    ScriptedServer server{[](tests::RawPeer& peer, int) {
        static_cast<void>(tests::read_http_request(peer));
        peer.send("HTTP/1.1 304 Not Modified\r\nETag: ");
    }};
    Client client = client_of(server);
    EXPECT_FALSE(client.request("GET", "/", {}, "", Deadline::in(20s)));
}

TEST(Client, SendsMethodPathHeadersAndBody) {
    std::string seen;
    ScriptedServer server{tests::answering([&seen](const std::string& request) {
        seen = request;
        return ok_response("");
    })};
    {
        Client client = client_of(server, "/base/");
        const HeaderList headers{{"Content-Type", "application/json"}, {"X-A", "b"}};
        (void)client.request("PUT", "/v1/x%20y?q=1", headers, "{}", Deadline::in(5s)).value();
    }
    EXPECT_THAT(seen, StartsWith("PUT /base/v1/x%20y?q=1 HTTP/1.1\r\n"));
    EXPECT_THAT(seen, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(seen, HasSubstr("X-A: b\r\n"));
    EXPECT_THAT(seen, HasSubstr("Host: " + server.endpoint().to_string() + "\r\n"));
    EXPECT_THAT(seen, ::testing::EndsWith("\r\n\r\n{}"));
}

TEST(Client, GivesAnAnswerOfAnyStatus) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    })};
    Client client = client_of(server);
    const auto response = client.request("GET", "/", {}, "", Deadline::in(5s)).value();
    EXPECT_EQ(response.status(), 503);
    EXPECT_FALSE(response.ok());
    EXPECT_EQ(response.body(), "busy");
}

TEST(Client, DoesNotFollowRedirects) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    })};
    Client client = client_of(server);
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().status(), 302);
}

TEST(Client, KeepsOneConnection) {
    ScriptedServer server{tests::answering([](const std::string&) { return ok_response("a"); })};
    Client client = client_of(server);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "a");
    EXPECT_EQ(server.connections(), 1);
}

TEST(Client, ReadsChunkedBodies) {
    ScriptedServer server{tests::answering([](const std::string&) {
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
    })};
    Client client = client_of(server);
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "abc");
    EXPECT_EQ(server.connections(), 1);
}

// A server may close an idle connection at the moment that it is used again.
TEST(Client, SendsAgainWhenTheKeptConnectionTurnsOutToBeClosed) {
    ScriptedServer server{[](tests::RawPeer& peer, int connection) {
        while (!tests::read_http_request(peer).empty()) {
            if (!peer.send(ok_response(std::to_string(connection)))) return;
            if (connection == 0) {
                (void)tests::read_http_request(peer);
                return;
            }
        }
    }};
    Client client = client_of(server);
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "0");
    EXPECT_EQ(client.request("POST", "/", {}, "x", Deadline::in(5s)).value().body(), "1");
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "1");
    EXPECT_EQ(server.connections(), 2);
}

// A server with many connections has its registrar's at a high number, which select() cannot take.
TEST(Client, WorksWithDescriptorsBeyondFdSetsize) {
    ::rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const ::rlimit before = limit;
    limit.rlim_cur = std::min<::rlim_t>(limit.rlim_max, 4096);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0) << "4096 descriptors are needed";
    ScriptedServer server{tests::answering([](const std::string&) { return ok_response("a"); })};
    std::vector<int> taken;
    do {
        taken.push_back(::dup(STDERR_FILENO));
        ASSERT_GE(taken.back(), 0);
    } while (taken.back() <= FD_SETSIZE);
    {
        Client client = client_of(server);
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "a");
        EXPECT_EQ(server.connections(), 1);
    }
    for (const int descriptor : taken)
        ::close(descriptor);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Client, ResolvesNames) {
    ScriptedServer server{tests::answering([](const std::string&) { return ok_response("a"); })};
    const std::string port = std::to_string(server.endpoint().port());
    Client client{Url::parse("http://localhost:" + port).value()};
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "a");
}

TEST(Client, TriesEveryAddressOfAName) {
    ScriptedServer server{tests::answering([](const std::string&) { return ok_response("a"); })};
    ClientOptions options;
    options.lookup = [](const std::string&) {
        return std::vector<std::string>{"::1", "127.0.0.1"};
    };
    const std::string port = std::to_string(server.endpoint().port());
    Client client{Url::parse("http://some.name:" + port).value(), options};
    EXPECT_EQ(client.request("GET", "/", {}, "", Deadline::in(5s)).value().body(), "a");
}

TEST(Client, TellsItsLocalAddressAndKeepsThatConnection) {
    ScriptedServer server{tests::answering([](const std::string&) { return ok_response("a"); })};
    Client client = client_of(server);
    EXPECT_EQ(client.local_address(Deadline::in(5s)).value(), "127.0.0.1");
    (void)client.request("GET", "/", {}, "", Deadline::in(5s)).value();
    EXPECT_EQ(server.connections(), 1);
}

TEST(Client, ServesSeveralThreadsOneAfterAnother) {
    ScriptedServer server{tests::answering([](const std::string& request) {
        return ok_response(request.substr(0, request.find("\r\n")));
    })};
    Client client = client_of(server);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&client, t] {
            const std::string path = "/" + std::to_string(t);
            for (int i = 0; i < 50; ++i) {
                const auto answer = client.request("GET", path, {}, "", Deadline::in(20s));
                ASSERT_TRUE(answer.has_value()) << answer.error().message();
                EXPECT_EQ(answer->body(), "GET " + path + " HTTP/1.1");
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(server.connections(), 1);
}

TEST(Client, RefusesWhatWouldBreakTheRequestLineOrAHeader) {
    Client client{Url::parse("http://127.0.0.1:1").value()};
    const auto code = [&](std::string_view method, std::string_view path, HeaderList headers) {
        return client.request(method, path, headers, "", Deadline::in(5s)).error().code();
    };
    EXPECT_EQ(code("GET", "/a b", {}), Errc::invalid_argument);
    EXPECT_EQ(code("GET", "/a\r\nX: y", {}), Errc::invalid_argument);
    EXPECT_EQ(code("GE T", "/", {}), Errc::invalid_argument);
    EXPECT_EQ(code("GET", "/", {{"X-A", "b\r\nX-C: d"}}), Errc::invalid_argument);
    EXPECT_EQ(code("GET", "/", {{"X-A: b", "c"}}), Errc::invalid_argument);
    EXPECT_EQ(code("GET", "/", {{"X-A", "b"}}), Errc::connect_failed);
}

}  // namespace
}  // namespace rollcall::http
