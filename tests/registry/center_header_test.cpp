// The header protocol, request by request: the table of docs/registry.md as curl commands.
#include "center_curl.h"
#include "quiet_registry.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace rollcall::registry {
namespace {

using rollcall::tests::eventually;
using rollcall::tests::RawPeer;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::curl;
using tests::CurlAnswer;
using tests::quiet;

class HeaderProtocol : public ::testing::Test {
protected:
    explicit HeaderProtocol(RegistryServerOptions options = quiet())
        : registry(std::move(options)) {
        registry.start();
        url = registry.url() + "/myRPC/registry";
    }

    std::string listed(const std::string& arguments = "") {
        return curl(arguments + " " + url).header("X-Myrpc-Servers");
    }

    int announce(const std::string& text, const std::string& arguments = "") {
        return curl("-X POST -H 'X-Myrpc-Server: " + text + "' " + arguments + " " + url).status;
    }

    RegistryServer registry;
    std::string url;
};

class QuickHeaderProtocol : public HeaderProtocol {
protected:
    QuickHeaderProtocol() : HeaderProtocol(quick()) {}

    static RegistryServerOptions quick() {
        RegistryServerOptions options = quiet();
        options.ttl = std::chrono::milliseconds{300};
        return options;
    }
};

}  // namespace

TEST_F(HeaderProtocol, AnEmptyListIsAnEmptyHeader) {
    const CurlAnswer answer = curl(url);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.head, HasSubstr("\r\nX-Myrpc-Servers: \r\n"));
    EXPECT_EQ(answer.body, R"({"servers":[]})");
}

TEST_F(HeaderProtocol, ListsWhatWasPostedSortedAndVerbatim) {
    const CurlAnswer posted = curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9000' " + url);
    EXPECT_EQ(posted.status, 200);
    EXPECT_EQ(posted.body, "");
    EXPECT_EQ(announce("10.0.0.8:9000"), 200);
    EXPECT_EQ(announce("  tcp@[::1]:9000  "), 200);
    EXPECT_EQ(announce("tcp@Node-1.example:80"), 200);
    EXPECT_EQ(announce("http@10.0.0.9:80"), 200);
    EXPECT_EQ(announce("tcp@10.0.0.7:9000"), 200);  // a heartbeat is the same request
    const CurlAnswer answer = curl(url);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(
        answer.header("X-Myrpc-Servers"),
        "10.0.0.8:9000,http@10.0.0.9:80,tcp@10.0.0.7:9000,tcp@Node-1.example:80,tcp@[::1]:9000"
    );
    EXPECT_EQ(
        answer.body,
        R"({"servers":["10.0.0.8:9000","http@10.0.0.9:80","tcp@10.0.0.7:9000",)"
        R"("tcp@Node-1.example:80","tcp@[::1]:9000"]})"
    );
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_THAT(answer.header("X-Registry-Index"), EndsWith(".5"));
}

TEST_F(HeaderProtocol, HeadIsGetWithoutABody) {
    announce("tcp@10.0.0.7:9000");
    const CurlAnswer answer = curl("--head " + url);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("X-Myrpc-Servers"), "tcp@10.0.0.7:9000");
    EXPECT_EQ(answer.body, "");
}

TEST_F(HeaderProtocol, WhoAsksForJsonGetsTheListInTheBodyOnly) {
    announce("tcp@10.0.0.7:9000");
    const CurlAnswer answer = curl("-H 'Accept: application/json' " + url);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("X-Myrpc-Servers"), "(none)");
    EXPECT_EQ(answer.body, R"({"servers":["tcp@10.0.0.7:9000"]})");
}

TEST_F(HeaderProtocol, RefusesWhatIsNoAddress) {
    const CurlAnswer missing = curl("-X POST " + url);
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(missing.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(
        missing.body,
        "the header X-Myrpc-Server is missing; it names the server, like tcp@10.0.0.7:9000\n"
    );
    EXPECT_EQ(curl("-X POST -H 'X-Myrpc-Server;' " + url).status, 400);
    for (const char* bad :
         {"a:1,b:2",
          "10.0.0.7",
          "10.0.0.7:0",
          "10.0.0.7:65536",
          "tcp@",
          "@10.0.0.7:9000",
          "tcp@0.0.0.0:9000",
          "tcp@[::]:9000",
          "Tcp@10.0.0.7:1",
          "a b:1",
          "\x01:1",
          "\xff:1"}) {
        EXPECT_EQ(announce(bad), 400) << bad;
    }
    EXPECT_EQ(listed(), "");
}

TEST_F(HeaderProtocol, LimitsTheAddressAt255Bytes) {
    // "tcp@" + host + ":9000" with a host of several labels.
    const auto text = [](std::size_t bytes) {
        return "tcp@" + std::string(bytes - 9, 'h') + ":9000";
    };
    EXPECT_EQ(announce(text(254)), 200);
    EXPECT_EQ(announce(text(255)), 200);
    const CurlAnswer over = curl("-X POST -H 'X-Myrpc-Server: " + text(256) + "' " + url);
    EXPECT_EQ(over.status, 400);
    EXPECT_THAT(over.body, HasSubstr("256 bytes long; at most 255 are allowed"));
}

TEST_F(HeaderProtocol, OtherMethodsAreNotAllowed) {
    for (const char* method : {"PUT", "PATCH", "OPTIONS"}) {
        const CurlAnswer answer = curl(std::string{"-X "} + method + " " + url);
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST, DELETE") << method;
    }
}

TEST_F(HeaderProtocol, DeleteTakesOffTheListAndIsIdempotent) {
    announce("tcp@10.0.0.7:9000");
    announce("tcp@10.0.0.8:9000");
    const std::string remove = "-X DELETE -H 'X-Myrpc-Server: tcp@10.0.0.7:9000' " + url;
    EXPECT_EQ(curl(remove).status, 200);
    EXPECT_EQ(listed(), "tcp@10.0.0.8:9000");
    EXPECT_EQ(curl(remove).status, 200);
    EXPECT_EQ(curl("-X DELETE " + url).status, 400);
}

TEST_F(HeaderProtocol, NamesServicesByAHeader) {
    EXPECT_EQ(announce("tcp@10.0.0.7:9000", "-H 'X-Myrpc-Service: Arith'"), 200);
    EXPECT_EQ(announce("tcp@10.0.0.8:9000"), 200);
    EXPECT_EQ(listed("-H 'X-Myrpc-Service: arith'"), "tcp@10.0.0.7:9000");
    EXPECT_EQ(listed("-H 'X-Myrpc-Service: default'"), "tcp@10.0.0.8:9000");
    EXPECT_EQ(listed("-H 'X-Myrpc-Service: unknown'"), "");
    EXPECT_EQ(listed(), "tcp@10.0.0.7:9000,tcp@10.0.0.8:9000");
    EXPECT_EQ(announce("tcp@10.0.0.7:9000", "-H 'X-Myrpc-Service: a b'"), 400);
    EXPECT_EQ(curl("-H 'X-Myrpc-Service: a/b' " + url).status, 400);
    curl("-X DELETE -H 'X-Myrpc-Service: arith' -H 'X-Myrpc-Server: tcp@10.0.0.7:9000' " + url);
    EXPECT_EQ(listed(), "tcp@10.0.0.8:9000");
}

TEST_F(HeaderProtocol, SharesTheListWithTheNativeApi) {
    announce("tcp@[::1]:9000");
    const std::string native = registry.url() + "/v1/services/default";
    const auto instance = nlohmann::json::parse(curl(native).body)["instances"][0];
    EXPECT_EQ(instance["id"], "tcp@[::1]:9000");
    EXPECT_EQ(instance["address"], "::1");
    EXPECT_EQ(instance["port"], 9000);
    EXPECT_EQ(instance["addr"], "tcp@[::1]:9000");
    EXPECT_EQ(instance["via"], "header");
    EXPECT_EQ(instance["ttl"], 15);

    const std::string put = "-X PUT " + registry.url() + "/v1/services/calculator/instances/";
    curl(put + "a -d '{\"address\":\"10.0.0.7\",\"port\":9000}'");
    curl(put + "web -d '{\"address\":\"10.0.0.7\",\"port\":80,\"scheme\":\"http\"}'");
    curl(put + "new -d '{\"address\":\"10.0.0.8\",\"port\":1,\"status\":\"starting\"}'");
    // Only RPC servers that are up: header clients would call the others.
    EXPECT_EQ(listed(), "tcp@10.0.0.7:9000,tcp@[::1]:9000");
    // A drained server leaves this list, and its heartbeats do not bring it back.
    curl("-X PATCH " + native + "/instances/tcp%40%5B::1%5D:9000 -d '{\"override\":\"draining\"}'");
    EXPECT_EQ(listed(), "tcp@10.0.0.7:9000");
    announce("tcp@[::1]:9000");
    EXPECT_EQ(listed(), "tcp@10.0.0.7:9000");
}

TEST_F(HeaderProtocol, ListsTwoThousandServersInTheHeader) {
    constexpr int kServers = 2000;
    RawPeer announcer{registry.endpoint()};
    const std::string ok = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
    for (int i = 0; i < kServers; ++i) {
        announcer.send(
            "POST /myRPC/registry HTTP/1.1\r\nHost: x\r\nX-Myrpc-Server: tcp@10.0." +
            std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":9000\r\n\r\n"
        );
        ASSERT_EQ(announcer.receive_exactly(ok.size()), ok) << i;
    }
    RawPeer reader{registry.endpoint()};
    reader.send("GET /myRPC/registry HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string answer = reader.receive_all();
    const std::string name = "X-Myrpc-Servers: ";
    const auto start = answer.find(name) + name.size();
    const std::string list = answer.substr(start, answer.find("\r\n", start) - start);
    EXPECT_EQ(std::count(list.begin(), list.end(), ','), kServers - 1);
    EXPECT_THAT(list, HasSubstr("tcp@10.0.7.250:9000"));
    const auto json = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    EXPECT_EQ(json["servers"].size(), static_cast<std::size_t>(kServers));
    // Through curl, whose limit on all headers is 300 KiB.
    EXPECT_EQ(listed(), list);
}

TEST_F(QuickHeaderProtocol, ForgetsAServerThatFallsSilentEvenIfNobodyReads) {
    ASSERT_EQ(announce("tcp@10.0.0.7:9000"), 200);
    const std::string status = registry.url() + "/v1/status";
    EXPECT_TRUE(eventually([&] {
        return nlohmann::json::parse(curl(status).body)["instances"] == 0;
    }));
    EXPECT_EQ(listed(), "");
}

TEST(HeaderProtocolOptions, HeartbeatsKeepAServerListed) {
    RegistryServerOptions options = quiet();
    options.ttl = std::chrono::seconds{1};
    RegistryServer registry{options};
    registry.start();
    const std::string url = registry.url() + "/myRPC/registry";
    const TimePoint end = SteadyClock::now() + std::chrono::seconds{2};
    while (SteadyClock::now() < end) {
        const TimePoint beat = SteadyClock::now();
        ASSERT_EQ(curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9' " + url).status, 200);
        const std::string servers = curl(url).header("X-Myrpc-Servers");
        // On a machine so busy that two requests take a lease, the lease has rightly ended.
        if (SteadyClock::now() - beat < options.ttl) {
            ASSERT_EQ(servers, "tcp@10.0.0.7:9");
        }
    }
}

TEST(HeaderProtocolOptions, PathAndPrefixCanBeChosen) {
    RegistryServerOptions options = quiet();
    options.header_path = "/_geerpc_/registry";
    options.header_prefix = "X-Geerpc-";
    RegistryServer registry{options};
    registry.start();
    const std::string url = registry.url() + "/_geerpc_/registry";
    EXPECT_EQ(curl("-X POST -H 'X-Geerpc-Server: tcp@10.0.0.7:9' " + url).status, 200);
    EXPECT_EQ(curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9' " + url).status, 400);
    EXPECT_EQ(curl(url).header("X-Geerpc-Servers"), "tcp@10.0.0.7:9");
    EXPECT_EQ(curl(registry.url() + "/myRPC/registry").status, 404);
}

TEST(HeaderProtocolOptions, WarmupAnswers503WithoutABody) {
    RegistryServerOptions options = quiet();
    options.warmup = std::chrono::milliseconds{700};
    RegistryServer registry{options};
    registry.start();
    const std::string url = registry.url() + "/myRPC/registry";
    const CurlAnswer early = curl(url);
    EXPECT_EQ(early.status, 503);
    EXPECT_EQ(early.header("Retry-After"), "1");
    EXPECT_EQ(early.body, "");
    EXPECT_EQ(curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9' " + url).status, 200);
    EXPECT_TRUE(eventually([&] { return curl(url).status == 200; }));
    EXPECT_EQ(curl(url).header("X-Myrpc-Servers"), "tcp@10.0.0.7:9");
}

}  // namespace rollcall::registry
