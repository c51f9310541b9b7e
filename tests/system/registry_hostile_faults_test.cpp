// Requests that are broken, huge or slow (F24), over real sockets, while others are served.
#include "hostile_fixture.h"
#include "support/as_delivered.h"

#include <cstdio>
#include <thread>

namespace rollcall::tests {
namespace {

using namespace std::chrono_literals;

std::string put(const std::string& target, const std::string& body) {
    return request_text("PUT", target, body);
}

std::string with_header(const std::string& header) {
    return "PUT /v1/services/x/instances/y HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n";
}

std::string post_address(const std::string& address) {
    return "POST /myRPC/registry HTTP/1.1\r\nHost: x\r\nX-Myrpc-Server: " + address +
           "\r\nContent-Length: 0\r\n\r\n";
}

// Each is refused or its connection ended, and none of them changes the list.
TEST_F(HostileFaults, F24_BrokenRequestsAreRefusedAndChangeNothing) {
    const std::string good = R"({"address":"10.0.0.7","port":9000})";
    const std::string y = "/v1/services/x/instances/y";
    const std::vector<std::string> broken{
        // Bytes that are no text, in path, id, body and header.
        put("/v1/services/x/instances/%ff%fe", good),
        put("/v1/services/x/instances/a%00b", good),
        put("/v1/services/x/instances/a%0d%0ab", good),
        put("/v1/services/\xff/instances/y", good),
        put(y, "{\"address\":\"10.0.0.7\",\"port\":9000,\"zone\":\"\xc3\x28\"}"),
        put(y, "\xff\xfe{}"),
        put(y, R"({"address":"10.0.0.7","port":9000,"zone":"\ud800"})"),
        post_address("tcp@\xff\xfe:9"),
        // Paths that want to go elsewhere.
        put("/v1/services/a%2f..%2fb/instances/y", good),
        put("/v1/services/../instances/y", good),
        put("/v1/services/x/instances/%2e%2e", good),
        put("/../../etc/passwd", good),
        put("/v1/services/%2e%2e%2f/instances/y", good),
        put("/v1/services/x/instances/%zz", good),
        put("/v1/services/x/instances/%", good),
        // One that would be two in the header's list, and one that is a header of its own.
        post_address("tcp@10.0.0.7:9,tcp@10.0.0.8:9"),
        put("/v1/services/a,b/instances/y", good),
        // Numbers that are none, or too many.
        put(y, R"({"address":"10.0.0.7","port":-1})"),
        put(y, R"({"address":"10.0.0.7","port":1e400})"),
        put(y, R"({"address":"10.0.0.7","port":9000,"ttl":99999999999999999999})"),
        put(y, std::string(50'000, '[')),
        put(y, good.substr(0, good.size() - 1)),
        // Lengths that do not agree with anything.
        with_header("Content-Length: -1"),
        with_header("Content-Length: 99999999999999999999"),
        with_header("Content-Length: 1\r\nContent-Length: 2") + "{}",
        with_header("Transfer-Encoding: chunked") + "zz\r\n{}\r\n0\r\n\r\n",
        with_header("Transfer-Encoding: chunked") + "ffffffffffffffffff\r\n{}",
        // More than it takes.
        put(y, R"({"address":"10.0.0.7","port":9000,"zone":")" + std::string(70'000, 'z') + "\"}"),
        put("/v1/services/x/instances/" + std::string(9'000, 'y'), good),
        with_header("X-Long: " + std::string(40'000, 'h')),
        // What is no HTTP at all.
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 hello, this is TLS",
        "\x94\x00\x01\xa3"
        "add\x92\x01\x02",
        "GET / HTTP/9.9\r\n\r\n",
        std::string(1000, '\0'),
        "\r\n\r\n\r\n\r\n: \r\n\r\n"};
    const std::string before = body("/v1/services");
    std::size_t answered = 0;
    for (const std::string& request : broken) {
        RawPeer peer{endpoint()};
        peer.send(request);
        peer.finish();
        const std::string answer = peer.receive_all();
        const bool is_refused = answer.empty() || answer.starts_with("HTTP/1.1 4") ||
                                answer.starts_with("HTTP/1.1 501");
        if (!answer.empty()) ++answered;
        EXPECT_TRUE(is_refused) << printable(request, 100) << " -> " << printable(answer, 200);
        ASSERT_EQ(body("/v1/services"), before) << printable(request, 100);
    }
    EXPECT_GE(answered, 25U) << "of " << broken.size();
    expect_untouched();
}

// Four that send bodies of a hundred megabytes, again and again, with a length and in chunks.
TEST_F(HostileFaults, F24_AHundredMegabytesAreNotTaken) {
    constexpr std::size_t kRounds = 40;
    Pulse pulse{endpoint(), path(0) + "/heartbeat"};
    const double before = resident_bytes();
    std::vector<std::thread> crowd;
    std::atomic<std::size_t> taken{0};
    for (const char* kind : {"Content-Length: 104857600", "Transfer-Encoding: chunked"}) {
        for (int i = 0; i < 2; ++i)
            crowd.emplace_back([&, kind] {
                for (std::size_t round = 0; round < kRounds; ++round)
                    taken += flood(kind);
            });
    }
    for (std::thread& attacker : crowd)
        attacker.join();
    const std::size_t each = taken / (4 * kRounds);
    std::printf("%zu KiB of 100 MiB were taken\n", each / 1024);
    // What the kernel's buffers hold besides the 256 KiB of a body that is read to be refused.
    EXPECT_LT(each, kMost / 5);
    // A sanitizer keeps what was freed.
    EXPECT_LT(resident_bytes() - before, kSanitized ? 400e6 : 16e6);
    expect_served(pulse.stop());
    expect_untouched();
}

// Half of a request, and then a byte now and then.
TEST_F(HostileFaults, F24_SlowRequestsDelayNobody) {
    constexpr int kSlow = 500;
    const double before = resident_bytes();
    std::vector<RawPeer> slow;
    for (int i = 0; i < kSlow; ++i) {
        slow.emplace_back(endpoint());
        ASSERT_TRUE(slow.back().send("PUT /v1/services/x/instances/y HTTP/1.1\r\nX-Slow: "));
    }
    ASSERT_TRUE(eventually([&] { return metric("rollcall_registry_connections") > kSlow; }));
    Pulse pulse{endpoint(), path(0) + "/heartbeat"};
    for (int byte = 0; byte < 20; ++byte) {
        for (RawPeer& each : slow)
            ASSERT_TRUE(each.send("x"));
        ASSERT_EQ(listed().size(), static_cast<std::size_t>(kListed));
    }
    expect_served(pulse.stop());
    EXPECT_LT(resident_bytes() - before, kSlow * 64e3);
    expect_untouched();
}

}  // namespace
}  // namespace rollcall::tests
