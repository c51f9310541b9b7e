// The registry as a whole: its leases run out, its options and limits hold.
#include "center_curl.h"
#include "quiet_registry.h"
#include "support/eventually.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <mutex>

namespace rollcall::registry {
namespace {

using nlohmann::json;
using rollcall::tests::eventually;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using tests::curl;
using tests::CurlAnswer;
using tests::quiet;

constexpr const char* kPlain = R"({"address":"10.0.0.7","port":9000,"incarnation":"one"})";

}  // namespace

TEST(RegistryServer, ExpiresAndSaysSoOnce) {
    std::mutex mutex;
    std::vector<std::string> lines;
    RegistryServerOptions options = quiet();
    options.ttl = std::chrono::milliseconds{300};
    options.log =
        Log{[&](LogLevel, std::string_view line) {
                const std::lock_guard lock{mutex};
                lines.emplace_back(line);
            },
            LogLevel::info};
    RegistryServer registry{options};
    registry.start();
    const std::string url = registry.url() + "/v1/services/calculator";
    const CurlAnswer put = curl("-X PUT " + url + "/instances/a -d '" + kPlain + "'");
    EXPECT_EQ(json::parse(put.body)["ttl"], 0.3);
    EXPECT_EQ(json::parse(put.body)["interval"], 0.1);
    EXPECT_TRUE(eventually([&] { return json::parse(curl(url).body)["instances"].empty(); }));
    registry.stop();
    EXPECT_EQ(
        lines,
        (std::vector<std::string>{
            "calculator/a registered at 10.0.0.7:9000 (native)",
            "calculator/a expired: no heartbeat in time"})
    );
}

TEST(RegistryServer, RefusesOptionsThatMakeNoSense) {
    const auto expect_refused = [](auto set) {
        RegistryServerOptions options = quiet();
        set(options);
        EXPECT_THROW(RegistryServer{options}, std::invalid_argument);
    };
    expect_refused([](auto& o) { o.ttl = std::chrono::milliseconds{49}; });
    expect_refused([](auto& o) { o.ttl = std::chrono::hours{25}; });
    expect_refused([](auto& o) { o.ttl_min = std::chrono::hours{1}; });
    expect_refused([](auto& o) { o.warmup = std::chrono::milliseconds{-1}; });
    expect_refused([](auto& o) { o.header_prefix = ""; });
    expect_refused([](auto& o) { o.header_prefix = "X: "; });
    for (const char* path :
         {"",
          "/",
          "x",
          "/a/",
          "/v1",
          "/v1/x",
          "/healthz",
          "/eureka",
          "/eureka/x",
          "/metrics",
          "/a b",
          "/a%20"}) {
        expect_refused([&](auto& o) { o.header_path = path; });
    }
}

TEST(RegistryServer, LimitsInstances) {
    RegistryServerOptions options = quiet();
    options.instances_max = 1;
    RegistryServer registry{options};
    registry.start();
    const std::string put = "-X PUT " + registry.url() + "/v1/services/calculator/instances/";
    EXPECT_EQ(curl(put + "a -d '" + kPlain + "'").status, 201);
    const CurlAnswer full = curl(put + "b -d '" + kPlain + "'");
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(json::parse(full.body)["error"], "full");
    EXPECT_EQ(
        curl("-X POST -H 'X-Myrpc-Server: tcp@10.0.0.7:9' " + registry.url() + "/myRPC/registry")
            .status,
        503
    );
}

TEST(RegistryServer, WarmupRefusesListsOnly) {
    RegistryServerOptions options = quiet();
    options.warmup = std::chrono::seconds{60};
    RegistryServer registry{options};
    registry.start();
    const std::string url = registry.url() + "/v1/services";
    EXPECT_EQ(curl("-X PUT " + url + "/calculator/instances/a -d '" + kPlain + "'").status, 201);
    for (const std::string& list : {url, url + "/calculator"}) {
        const CurlAnswer answer = curl(list);
        EXPECT_EQ(answer.status, 503);
        EXPECT_EQ(answer.header("Retry-After"), "1");
    }
    EXPECT_EQ(curl(url + "/calculator/instances/a").status, 200);
    EXPECT_EQ(json::parse(curl(registry.url() + "/v1/status").body)["warming_up"], true);
}

}  // namespace rollcall::registry
