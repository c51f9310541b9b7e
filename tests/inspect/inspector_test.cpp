// The admin listener over HTTP, by curl and Prometheus' own checker.

#include <rollcall/rpc/client_metrics.h>

#include "inspected.h"
#include "support/process.h"
#include "support/raw_peer.h"
#include "support/temporary_directory.h"

#include <fstream>
#include <optional>

namespace rollcall::inspect::tests {
namespace {

using namespace std::chrono_literals;

// By Prometheus' own checker.
void expect_well_formed(const std::string& metrics) {
    const rollcall::tests::TemporaryDirectory folder;
    const std::string file = folder.path() + "/metrics";
    std::ofstream{file} << metrics;
    const auto checked =
        rollcall::tests::run({"/bin/sh", "-c", "promtool check metrics < " + file});
    EXPECT_EQ(checked.status, rollcall::tests::ExitStatus{0}) << checked.output << checked.errors;
    EXPECT_EQ(checked.errors, "");
}

TEST_F(Inspected, HealthFollowsTheServer) {
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/healthz").body, "serving\n");
    rpc::Client client{server.endpoint()};
    client.notify(rpc::invoke<bool>("wait"));
    ASSERT_TRUE(eventually([&] { return waiting == 1; }));
    server.stop(0s);
    EXPECT_EQ(get("/healthz").status, 503);
    EXPECT_EQ(get("/healthz").body, "stopped\n");
    server = rpc::Server{};
    EXPECT_EQ(get("/v1/stats").status, 200) << "it outlives its server";
}

TEST_F(Inspected, MetricsPassPrometheusOwnCheckerAndCount) {
    rpc::Client client{server.endpoint()};
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(client.call(rpc::invoke<int>("add", i, i)).has_value());
    ASSERT_FALSE(client.call(rpc::invoke<int>("fail", "no")).has_value());
    ASSERT_FALSE(client.call(rpc::invoke<int>("unheard-of \"\n")).has_value());
    const CurlAnswer answer = get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    expect_well_formed(answer.body);
    for (const char* line :
         {"rollcall_server_calls_total{method=\"add\",outcome=\"ok\"} 3",
          "rollcall_server_calls_total{method=\"fail\",outcome=\"handler_failed\"} 1",
          "rollcall_server_calls_total{method=\"$/unknown\",outcome=\"method_not_found\"} 1",
          "rollcall_server_call_duration_seconds_count{method=\"add\"} 3",
          "rollcall_server_call_duration_seconds_bucket{method=\"add\",le=\"+Inf\"} 3",
          "rollcall_server_calls_in_flight{method=\"add\"} 0",
          "rollcall_server_connections 1",
          "rollcall_server_serving 1"})
        EXPECT_NE(answer.body.find(std::string{line} + "\n"), std::string::npos) << line;
    EXPECT_EQ(answer.body.find("unheard-of"), std::string::npos) << "strangers name no series";
}

class InspectedCaller : public Inspected {
protected:
    explicit InspectedCaller(
        std::shared_ptr<rpc::CallMetrics> calls = std::make_shared<rpc::CallMetrics>()
    )
        : Inspected({.client_metrics = calls}), called(std::move(calls)) {}

    std::shared_ptr<rpc::CallMetrics> called;
};

TEST_F(InspectedCaller, MetricsHaveWhatItCallsBesideWhatItServes) {
    rpc::Client client{server.endpoint()};
    client.use(rpc::client_metrics(called));
    ASSERT_TRUE(client.call(rpc::invoke<int>("add", 1, 2)).has_value());
    ASSERT_FALSE(client.call(rpc::invoke<int>("fail", "no")).has_value());
    const std::string text = get("/metrics").body;
    expect_well_formed(text);
    for (const char* line :
         {"rollcall_client_calls_total{method=\"add\",outcome=\"ok\"} 1",
          "rollcall_client_calls_total{method=\"fail\",outcome=\"handler_failed\"} 1",
          "rollcall_client_calls_in_flight{method=\"add\"} 0",
          "rollcall_client_call_duration_seconds_count{method=\"add\"} 1",
          "rollcall_server_calls_total{method=\"add\",outcome=\"ok\"} 1"})
        EXPECT_NE(text.find(std::string{line} + "\n"), std::string::npos) << line;
}

TEST_F(Inspected, MetricsHaveNothingOfClientsThatAreNotCounted) {
    EXPECT_EQ(get("/metrics").body.find("rollcall_client_"), std::string::npos);
}

TEST_F(Inspected, StatsConnectionsAndMethodsAreJson) {
    rpc::Client client{server.endpoint()};
    ASSERT_TRUE(client.call(rpc::invoke<int>("add", 1, 2)).has_value());
    const json stats = json::parse(get("/v1/stats").body);
    EXPECT_EQ(stats["status"], "serving");
    EXPECT_EQ(stats["bounds_us"].size() + 1, stats["methods"][0]["buckets"].size());
    const json& add = stats["methods"][1];
    EXPECT_EQ(add["name"], "add");
    EXPECT_EQ(add["calls"], 1);
    const json connections = json::parse(get("/v1/connections").body);
    EXPECT_EQ(connections["total"], 1);
    EXPECT_EQ(connections["complete"], true);
    EXPECT_EQ(connections["connections"][0]["hello"], true);
    const json methods = json::parse(get("/v1/methods").body);
    EXPECT_EQ(
        methods[1], json({{"name", "add"}, {"signature", "int(int,int)"}, {"idempotent", false}})
    );
    EXPECT_EQ(get("/v1/stats").header("Cache-Control"), "no-store");
}

TEST_F(Inspected, SaysWhatIsWrong) {
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_NE(get("/nothing").body.find("/v1/stats"), std::string::npos);
    const CurlAnswer posted = get("/metrics", "-d x");
    EXPECT_EQ(posted.status, 405);
    EXPECT_EQ(posted.header("Allow"), "GET, HEAD");
    EXPECT_EQ(get("/metrics", "-H 'Host: evil.example'").status, 421);
    EXPECT_EQ(call("add", "[1,2]").status, 404) << "calls are off";
    EXPECT_NE(call("add", "[1,2]").body.find("allow_calls"), std::string::npos);
}

TEST_F(Inspected, ThePageHasAPolicyThatLetsNothingElseIn) {
    const CurlAnswer page = get("/");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
    const std::string policy = page.header("Content-Security-Policy");
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(page.body.find("http://"), std::string::npos) << "no resource of anybody else's";
    EXPECT_EQ(page.body.find("https://"), std::string::npos);
    EXPECT_EQ(get("/", "-H 'If-None-Match: " + page.header("ETag") + "'").status, 304);
}

TEST_F(Inspected, TheRpcPortTellsHttpClientsOfIt) {
    const CurlAnswer lost = curl("'http://" + server.endpoint().to_string() + "/'");
    EXPECT_EQ(lost.status, 400);
    EXPECT_NE(lost.body.find("admin: " + inspector.url() + "."), std::string::npos) << lost.body;
}

class InspectedWithToken : public Inspected {
protected:
    InspectedWithToken()
        : Inspected(InspectorOptions{.listen = "0.0.0.0:0", .token = "open-sesame"}) {}
};

TEST_F(InspectedWithToken, AsksForItAndMayBeReachedByOthers) {
    const std::string place = "http://127.0.0.1:" + std::to_string(inspector.endpoint().port());
    EXPECT_EQ(curl(place + "/healthz").status, 200);
    EXPECT_EQ(curl(place + "/").status, 200);
    const CurlAnswer refused = curl(place + "/metrics");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.header("WWW-Authenticate"), "Bearer");
    EXPECT_EQ(curl("-H 'Authorization: Bearer open-sesame' " + place + "/metrics").status, 200);
}

TEST(Inspector, RefusesWhatMakesNoSense) {
    const rpc::Server server;
    const auto made = [&](InspectorOptions options) {
        const Inspector inspector{server, std::move(options)};
    };
    EXPECT_THROW(made({.listen = "0.0.0.0:0"}), std::invalid_argument);
    EXPECT_THROW(made({.listen = "unix:/tmp/x"}), std::invalid_argument);
    EXPECT_THROW(made({.listen = "nowhere"}), std::invalid_argument);
    EXPECT_THROW(made({.calls_max = 0}), std::invalid_argument);
    EXPECT_THROW(made({.call_timeout = 2min}), std::invalid_argument);
    const Inspector first{server};
    EXPECT_THROW(made({.listen = first.endpoint().to_string()}), std::system_error);
}

TEST(Inspector, MayComeBeforeTheServerStartsAndGoBeforeItStops) {
    rpc::Server server;
    {
        const Inspector inspector{server};
        EXPECT_EQ(curl(inspector.url() + "/healthz").status, 503);
        EXPECT_EQ(curl(inspector.url() + "/healthz").body, "starting\n");
        server.start();
        EXPECT_EQ(curl(inspector.url() + "/healthz").status, 200);
    }
    const CurlAnswer lost = curl("'http://" + server.endpoint().to_string() + "/'");
    EXPECT_EQ(lost.body.find("admin"), std::string::npos) << "nobody is sent to where nothing is";
}

}  // namespace
}  // namespace rollcall::inspect::tests
