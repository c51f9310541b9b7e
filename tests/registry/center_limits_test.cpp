// The limits of docs/registry.md as a client meets them; those of the values that an instance is
// made of are in validation_test.cpp, those of HTTP alone in tests/http.
#include "quiet_registry.h"
#include "raw_exchange.h"
#include "support/eventually.h"
#include "support/raw_peer.h"
#include "watch_body.h"

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

TEST(RegistryLimits, AWaitOfMoreThanAMinuteIsAMinute) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    EXPECT_EQ(wait_from("59999ms").value(), milliseconds{59'999});
    EXPECT_EQ(wait_from("59s").value(), seconds{59});
    for (const char* text : {"60", "60s", "1m", "60000ms", "60001ms", "61s", "2m", "600000000000"})
        EXPECT_EQ(wait_from(text).value(), seconds{60}) << text;
}

TEST(RegistryLimits, NumbersInJsonAreThoseOfTheTable) {
    RegistryServer registry{quiet()};
    registry.start();
    const auto status = [&](const std::string& field) {
        const std::string body = R"({"address":"10.0.0.7",)" + field + "}";
        return http_exchange(registry.endpoint(), request_bytes("PUT", kPath, "", body)).status;
    };
    EXPECT_EQ(status(R"("port":1)"), 201);
    for (const char* good :
         {R"("port":65534)",
          R"("port":65535)",
          R"("port":1,"ttl":2)",
          R"("port":1,"ttl":2.001)",
          R"("port":1,"ttl":600)",
          R"("port":1,"ttl":15)",  // the registry's own
          R"("port":1,"weight":0)",
          R"("port":1,"weight":10000)"}) {
        EXPECT_EQ(status(good), 200) << good;
    }
    for (const char* bad :
         {R"("port":0)",
          R"("port":65536)",
          R"("port":-1)",
          R"("port":1e99)",
          R"("port":1,"ttl":1.999)",
          R"("port":1,"ttl":600.001)",
          R"("port":1,"ttl":-1)",
          R"("port":1,"weight":-1)",
          R"("port":1,"weight":10001)"}) {
        EXPECT_EQ(status(bad), 400) << bad;
    }
}

TEST(RegistryLimits, BodiesHave64KiB) {
    RegistryServer registry{quiet()};
    registry.start();
    const auto status = [&](std::size_t bytes) {
        const std::string request = request_bytes("PUT", kPath, "", instance_of(bytes));
        return http_exchange(registry.endpoint(), request).status;
    };
    EXPECT_EQ(status(64 * 1024 - 1), 201);
    EXPECT_EQ(status(64 * 1024), 200);
    EXPECT_EQ(status(64 * 1024 + 1), 413);
}

}  // namespace rollcall::registry
