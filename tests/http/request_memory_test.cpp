// The memory of requests under way: bounded for the whole server, and never for small ones.
#include "request_memory.h"

#include <rollcall/http/client.h>

#include "server_harness.h"
#include "support/certificates.h"
#include "support/eventually.h"
#include "support/kept_log.h"

#include <gmock/gmock.h>

#include <vector>

namespace rollcall::http {
namespace {

using namespace tests;
using rollcall::tests::eventually;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kFree = RequestReading::kFreeBytes;

std::string head(const std::string& target, const std::string& length) {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + length + "\r\n\r\n";
}

// One of which the server counts `bytes`, 4 digits of length or more.
std::string request_of(std::size_t bytes, const std::string& target = "/x") {
    std::size_t rest =
        bytes - target.size() - std::string{"HostxConnectioncloseContent-Length"}.size();
    rest -= std::to_string(rest).size();
    return head(target, "Content-Length: " + std::to_string(rest)) + std::string(rest, 'b');
}

// Keeps the requests to /keep.
class RequestMemories : public ::testing::Test {
protected:
    static constexpr std::size_t kMost = 30'000;

    static ServerOptions options() {
        ServerOptions options = loopback();
        options.request_memory_max = kMost;
        return options;
    }

    void forget_all() {
        std::atomic<bool> done{false};
        test.server.post([&] {
            kept.clear();
            done = true;
        });
        ASSERT_TRUE(eventually([&] { return done.load(); }));
    }

    std::vector<Request> kept;  // on the I/O thread
    TestServer test{
        [this](const Request& request, Responder responder) {
            if (request.target == "/keep") kept.push_back(request);
            describe(request, std::move(responder));
        },
        options()};
};

TEST_F(RequestMemories, AreBoundedTogether) {
    ASSERT_THAT(test.exchange(request_of(20'000, "/keep")), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(9'999)), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(10'000)), HasSubstr("200 OK"));
    EXPECT_THAT(
        test.exchange(request_of(10'001)),
        AllOf(
            StartsWith("HTTP/1.1 503 "),
            HasSubstr("Retry-After: 2\r\n"),
            HasSubstr("Connection: close\r\n"),
            HasSubstr(R"("error":"no_room")")
        )
    );
    EXPECT_THAT(test.exchange(request_of(10'000)), HasSubstr("200 OK"));
    forget_all();
    EXPECT_THAT(test.exchange(request_of(kMost)), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(kMost + 1)), StartsWith("HTTP/1.1 503 "));
}

TEST_F(RequestMemories, SmallRequestsAreAlwaysTaken) {
    ASSERT_THAT(test.exchange(request_of(kMost, "/keep")), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(kFree - 1)), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(kFree)), HasSubstr("200 OK"));
    EXPECT_THAT(test.exchange(request_of(kFree + 1)), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(test.get("/"), HasSubstr("200 OK"));
    // Headers count as bodies do.
    const std::string big = "X-Big: " + std::string(kFree, 'h') + "\r\n";
    EXPECT_THAT(test.get("/", big), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(test.get("/" + std::string(kFree, 'u')), StartsWith("HTTP/1.1 503 "));
}

TEST_F(RequestMemories, WhatIsBeingReadCountsUntilItsConnectionEnds) {
    std::vector<RawPeer> slow;
    for (int i = 0; i < 3; ++i) {
        slow.emplace_back(test.server.endpoint());
        const std::string whole = request_of(10'000);
        slow.back().send(whole.substr(0, whole.size() - 1));
    }
    const auto ask = [&] { return test.exchange(request_of(kFree + 10)); };
    EXPECT_TRUE(eventually([&] { return ask().starts_with("HTTP/1.1 503 "); }));
    EXPECT_THAT(test.exchange(request_of(kFree)), HasSubstr("200 OK"));
    // Those that came first have their place.
    slow[0].send("b");
    EXPECT_THAT(slow[0].receive_all(), HasSubstr("200 OK"));
    EXPECT_THAT(ask(), HasSubstr("200 OK"));
    slow[1].close();
    slow[2].reset();
    EXPECT_TRUE(eventually([&] {
        return test.exchange(request_of(kMost)).find("200 OK") != std::string::npos;
    }));
}

TEST_F(RequestMemories, ARefusedRequestIsReadToItsEndButNotForEver) {
    ASSERT_THAT(test.exchange(request_of(kMost, "/keep")), HasSubstr("200 OK"));
    const std::string chunked = head("/x", "Transfer-Encoding: chunked");
    const std::string chunk = "2000\r\n" + std::string(0x2000, 'c') + "\r\n";
    EXPECT_THAT(test.exchange(chunked + chunk + "0\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
    RawPeer endless{test.server.endpoint()};
    endless.send(chunked);
    EXPECT_TRUE(endless.is_cut_off(chunk));
    EXPECT_THAT(test.get("/alive"), HasSubstr("200 OK"));
}

// What chunks are remembered by would be many times their size.
TEST_F(RequestMemories, TinyChunksAreTheBytesThatTheyBring) {
    std::string body;
    for (int i = 0; i < 20'000; ++i)
        body += "1\r\nc\r\n";
    EXPECT_THAT(
        test.exchange(head("/x", "Transfer-Encoding: chunked") + body + "0\r\n\r\n"),
        HasSubstr("body=20000")
    );
}

TEST_F(RequestMemories, PipelinedRequestsCountOneByOne) {
    std::string many;
    for (int i = 0; i < 5; ++i) {
        std::string one = request_of(20'000);
        one.replace(one.find("Connection: close"), 17, "Connection: alive");
        many += one;
    }
    RawPeer peer{test.server.endpoint()};
    peer.send(many);
    std::string got;
    int answers = 0;
    while (answers < 5 && !peer.at_end()) {
        got += peer.receive();
        answers = 0;
        for (auto at = got.find("200 OK"); at != std::string::npos; at = got.find("200 OK", at + 1))
            ++answers;
    }
    EXPECT_EQ(answers, 5) << got;
    EXPECT_THAT(test.exchange(request_of(kMost)), HasSubstr("200 OK"));
}

TEST(RequestMemory, CountsEncryptedRequestsToo) {
    rollcall::tests::Authority authority;
    const auto identity = authority.issue();
    const rollcall::tests::KeptLog log;
    ServerOptions options = loopback();
    options.request_memory_max = 10'000;
    options.tls = {identity.certificate, identity.key, ""};
    options.log = log.log();
    const TestServer test{describe, options};
    ClientOptions trusting;
    trusting.tls.ca_file = authority.file();
    Client client{Url::parse("https://" + test.server.endpoint().to_string()).value(), trusting};
    const auto status = [&](std::size_t bytes) {
        const std::string body(bytes, 'b');
        const auto answer =
            client.request("POST", "/x", {}, body, Deadline::in(std::chrono::seconds{10}));
        return answer ? answer->status() : 0;
    };
    EXPECT_EQ(status(9'000), 200);
    EXPECT_EQ(status(10'001), 503);
    EXPECT_EQ(status(10'001), 503);
    EXPECT_EQ(status(9'000), 200);
    EXPECT_EQ(log.count("requests were refused", LogLevel::warning), 1U);
}

TEST(RequestReading, TakesAllOfARequestOnceItIsNoLongerSmall) {
    const auto memory = std::make_shared<RequestMemory>(2 * kFree);
    RequestReading reading{memory};
    EXPECT_TRUE(reading.grow(kFree));
    EXPECT_EQ(reading.finish(), nullptr);
    EXPECT_TRUE(reading.grow(kFree));
    EXPECT_TRUE(reading.grow(kFree));
    EXPECT_FALSE(memory->take(1));
    auto kept = reading.finish();
    ASSERT_NE(kept, nullptr);
    auto copy = kept;
    kept.reset();
    EXPECT_FALSE(memory->take(1));
    copy.reset();
    EXPECT_TRUE(memory->take(2 * kFree));
    memory->give_back(2 * kFree);
    {
        RequestReading ending{memory};
        EXPECT_TRUE(ending.grow(kFree + 1));
        EXPECT_FALSE(ending.grow(kFree));
        EXPECT_TRUE(ending.is_refused());
        EXPECT_TRUE(memory->take(2 * kFree));  // given back at once
        memory->give_back(2 * kFree);
        EXPECT_FALSE(ending.grow(1));  // and it stays refused
        EXPECT_EQ(ending.finish(), nullptr);
        EXPECT_TRUE(ending.grow(2 * kFree));
    }
    EXPECT_TRUE(memory->take(2 * kFree));
}

}  // namespace
}  // namespace rollcall::http
