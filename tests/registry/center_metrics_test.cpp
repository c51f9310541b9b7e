// GET /metrics: read by Prometheus' own checker, and compared with what was done.

#include "center_curl.h"
#include "quiet_registry.h"
#include "request_times.h"
#include "support/eventually.h"
#include "support/process.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <string>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using testing::HasSubstr;
using testing::Not;
using tests::curl;

class Metrics : public testing::Test {
protected:
    explicit Metrics(RegistryServerOptions options = tests::quiet())
        : registry_(std::move(options)) {
        registry_.start();
    }

    void put(const std::string& service, int port, const std::string& fields = "") const {
        const std::string body =
            R"({"address":"10.0.0.7","port":)" + std::to_string(port) + fields + "}";
        const auto answer = curl(
            "-X PUT -d '" + body + "' " + registry_.url() + "/v1/services/" + service +
            "/instances/i" + std::to_string(port)
        );
        ASSERT_EQ(answer.status, 201) << answer.body;
    }

    [[nodiscard]] std::string text() const { return curl(registry_.url() + "/metrics").body; }

    // Of the sample whose line begins with `name`, labels included; -1 if there is none.
    [[nodiscard]] double value(const std::string& name) const {
        const std::string all = "\n" + text();
        const auto at = all.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(all.substr(at + name.size() + 2));
    }

    RegistryServer registry_;
};

TEST_F(Metrics, PassPrometheusOwnChecker) {
    put("calculator", 9000);
    const auto answer = curl(registry_.url() + "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    const std::string file =
        testing::TempDir() + "rollcall_metrics_" + registry_.endpoint().to_string();
    std::ofstream{file} << answer.body;
    const auto checked =
        rollcall::tests::run({"/bin/sh", "-c", "promtool check metrics < " + file});
    EXPECT_EQ(checked.status, rollcall::tests::ExitStatus{0}) << checked.output << checked.errors;
    EXPECT_EQ(checked.errors, "");
}

TEST_F(Metrics, CountInstancesByServiceAndEffectiveStatus) {
    put("calculator", 9000);
    put("calculator", 9001);
    put("calculator", 9002, R"(,"status":"starting")");
    put("reports", 9100, R"(,"override":"draining")");
    const std::string instances = "rollcall_registry_instances{service=";
    EXPECT_EQ(value(instances + R"("calculator",status="up"})"), 2);
    EXPECT_EQ(value(instances + R"("calculator",status="starting"})"), 1);
    EXPECT_EQ(value(instances + R"("calculator",status="down"})"), 0);
    EXPECT_EQ(value(instances + R"("reports",status="draining"})"), 1);
    EXPECT_EQ(value(instances + R"("reports",status="up"})"), 0);
    EXPECT_EQ(value("rollcall_registry_services"), 2);
}

TEST_F(Metrics, CountWhatHappened) {
    put("calculator", 9000);
    put("calculator", 9001);
    const std::string service = registry_.url() + "/v1/services/calculator/instances/";
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(curl("-X PUT " + service + "i9000/heartbeat").status, 204);
    EXPECT_EQ(curl("-X PUT " + service + "nobody/heartbeat").status, 404);
    EXPECT_EQ(curl("-X DELETE " + service + "i9001").status, 204);
    EXPECT_EQ(value("rollcall_registry_registrations_total"), 2);
    EXPECT_EQ(value("rollcall_registry_heartbeats_total"), 3);
    EXPECT_EQ(value("rollcall_registry_heartbeats_missing_total"), 1);
    EXPECT_EQ(value("rollcall_registry_departures_total"), 1);
    EXPECT_EQ(value("rollcall_registry_expiries_total"), 0);
}

TEST_F(Metrics, KnowTheProcess) {
    EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
    EXPECT_LT(value("process_resident_memory_bytes"), 1e11);
    EXPECT_GT(value("process_cpu_seconds_total"), 0);
    EXPECT_EQ(value("rollcall_registry_connections"), 1);  // curl's own
}

TEST_F(Metrics, NameRoutesByTemplateOnly) {
    const std::string url = registry_.url();
    put("calculator", 9000);
    static_cast<void>(curl(url + "/v1/services/calculator/instances/i9000"));
    static_cast<void>(curl(url + "/secret-in-a-path"));
    static_cast<void>(curl(url + "/v1/secret-in-a-path"));
    const std::string count = "rollcall_registry_request_duration_seconds_count{route=";
    EXPECT_EQ(value(count + R"("/v1/services/{service}/instances/{id}"})"), 2);
    EXPECT_EQ(value(count + R"("other"})"), 2);
    EXPECT_THAT(text(), Not(HasSubstr("secret")));
    EXPECT_THAT(text(), Not(HasSubstr("i9000")));
}

TEST_F(Metrics, AnswerGetAndHeadOnly) {
    EXPECT_EQ(curl("-I " + registry_.url() + "/metrics").status, 200);
    EXPECT_EQ(curl("-X POST " + registry_.url() + "/metrics").status, 405);
}

class MetricsOfShortLeases : public Metrics {
protected:
    static RegistryServerOptions options() {
        RegistryServerOptions options = tests::quiet();
        options.ttl = 100ms;
        return options;
    }

    MetricsOfShortLeases() : Metrics(options()) {}
};

TEST_F(MetricsOfShortLeases, CountExpiries) {
    put("calculator", 9000);
    EXPECT_TRUE(eventually([&] { return value("rollcall_registry_expiries_total") == 1; }));
    EXPECT_EQ(value("rollcall_registry_services"), 0);
}

http::Request request_for(const std::string& target, std::vector<std::string> path) {
    http::Request request;
    request.target = target;
    request.path = std::move(path);
    return request;
}

TEST(RequestTimes, PutsEachRouteInItsPlace) {
    const std::pair<std::vector<std::string>, std::string> cases[] = {
        {{}, "/"},
        {{"healthz"}, "/healthz"},
        {{"metrics"}, "/metrics"},
        {{"header"}, "other"},
        {{"overloaded"}, "other"},
        {{"v1"}, "other"},
        {{"v1", "services"}, "/v1/services"},
        {{"v1", "services", "a"}, "/v1/services/{service}"},
        {{"v1", "services", "a", "hold"}, "/v1/services/{service}/hold"},
        {{"v1", "services", "a", "b"}, "other"},
        {{"v1", "services", "a", "instances"}, "other"},
        {{"v1", "services", "a", "instances", "b"}, "/v1/services/{service}/instances/{id}"},
        {{"v1", "services", "a", "instances", "b", "heartbeat"},
         "/v1/services/{service}/instances/{id}/heartbeat"},
        {{"v1", "services", "a", "instances", "b", "c"}, "other"},
        {{"v1", "services", "a", "instances", "b", "heartbeat", "c"}, "other"},
        {{"v1", "heartbeat"}, "/v1/heartbeat"},
        {{"v1", "watch"}, "/v1/watch"},
        {{"v1", "watch", "x"}, "other"},
        {{"v1", "services/{service}"}, "other"},
        {{"eureka", "apps", "X"}, "/eureka"},
    };
    for (const auto& [path, route] : cases) {
        const auto place = route_of(request_for("/x", path), "/myRPC/registry");
        EXPECT_EQ(kRoutes.at(place), route) << testing::PrintToString(path);
    }
    const auto header = request_for("/myRPC/registry?x", {"myRPC", "registry"});
    EXPECT_EQ(kRoutes.at(route_of(header, "/myRPC/registry")), "header");
}

TEST(RequestTimes, CountsTheBoundInItsBucket) {
    RequestTimes times;
    const auto seconds = [](double s) {
        return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
    };
    times.add(0, seconds(kBucketBounds[0]));
    times.add(0, seconds(kBucketBounds[0]) + std::chrono::nanoseconds{1});
    times.add(0, seconds(kBucketBounds.back()));
    times.add(0, seconds(kBucketBounds.back()) + std::chrono::nanoseconds{1});
    EXPECT_THAT(times.of(0).counts, testing::ElementsAre(1, 1, 0, 0, 0, 0, 1, 1));
    EXPECT_NEAR(times.of(0).seconds, 2 * (kBucketBounds[0] + kBucketBounds.back()), 1e-6);
    EXPECT_EQ(times.of(1).seconds, 0);
}

}  // namespace
}  // namespace rollcall::registry
