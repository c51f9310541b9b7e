// The limits of docs/registry.md as a client meets them; those of the values that an instance is
// made of are in validation_test.cpp, those of HTTP alone in tests/http.
#include "quiet_registry.h"
#include "raw_exchange.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>

#include <string>

namespace rollcall::registry {
namespace {

using rollcall::tests::eventually;
using rollcall::tests::RawPeer;
using tests::curl;
using tests::http_exchange;
using tests::quiet;
using tests::request_bytes;

constexpr const char* kPath = "/v1/services/a/instances/i";
constexpr const char* kInstance = R"({"address":"10.0.0.7","port":9000})";

// An instance of so many bytes.
std::string instance_of(std::size_t bytes) {
    return kInstance + std::string(bytes - std::string{kInstance}.size(), ' ');
}

}  // namespace

TEST(RegistryLimits, RequestsTogetherWhileHeartbeatsComeThrough) {
    RegistryServerOptions options = quiet();
    options.request_memory_max = 20'000;
    RegistryServer registry{options};
    registry.start();
    const Endpoint at = registry.endpoint();
    ASSERT_EQ(http_exchange(at, request_bytes("PUT", kPath, "", kInstance)).status, 201);
    const std::string large = request_bytes("PUT", kPath, "", instance_of(19'000));
    EXPECT_EQ(http_exchange(at, large).status, 200);

    RawPeer slow{at};
    slow.send(large.substr(0, large.size() - 1));
    tests::CurlAnswer refused;
    EXPECT_TRUE(eventually([&] {
        refused = http_exchange(at, large);
        return refused.status == 503;
    }));
    EXPECT_EQ(refused.header("Retry-After"), "2");
    EXPECT_EQ(refused.header("Connection"), "close");
    const std::string beat = std::string{kPath} + "/heartbeat";
    EXPECT_EQ(http_exchange(at, request_bytes("PUT", beat, "")).status, 204);
    const std::string beats = R"({"instances":[{"service":"a","id":"i"}]})";
    EXPECT_EQ(http_exchange(at, request_bytes("POST", "/v1/heartbeat", "", beats)).status, 200);
    slow.close();
    EXPECT_TRUE(eventually([&] { return http_exchange(at, large).status == 200; }));
}

}  // namespace rollcall::registry
