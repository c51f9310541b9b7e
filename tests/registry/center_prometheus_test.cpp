// GET /v1/prometheus: by hand, and as a real Prometheus finds its targets there.

#include <rollcall/http/metrics_text.h>

#include "center_curl.h"
#include "prometheus_sd.h"
#include "quiet_registry.h"
#include "support/eventually.h"
#include "support/process.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace rollcall::registry {
namespace {

using rollcall::tests::eventually;
using tests::curl;
using Json = nlohmann::json;

class PrometheusTargets : public testing::Test {
protected:
    PrometheusTargets() : registry_(tests::quiet()) { registry_.start(); }

    void put(const std::string& service, const Json& instance) const {
        const auto answer = curl(
            "-X PUT -d '" + instance.dump() + "' " + registry_.url() + "/v1/services/" + service +
            "/instances/i" + std::to_string(instance["port"].get<int>())
        );
        ASSERT_EQ(answer.status, 201) << answer.body;
    }

    [[nodiscard]] Json targets(const std::string& query = "") const {
        return Json::parse(curl("'" + registry_.url() + "/v1/prometheus" + query + "'").body);
    }

    RegistryServer registry_;
};

const Json kOdd = {
    {"address", "10.0.0.7"},
    {"port", 9000},
    {"zone", "a"},
    {"tags", {"x", "y"}},
    {"meta", {{"build-id", "9 \"f\""}, {"1 ünï", "<v>&\\"}, {"a.b", "first?"}, {"a-b", "other"}}}};

TEST_F(PrometheusTargets, HaveTheContentTypeThatPrometheusInsistsOn) {
    const auto answer = curl(registry_.url() + "/v1/prometheus");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.body, "[]");
}

TEST_F(PrometheusTargets, LeaveOutWhatHasNoPort) {
    const auto answer = curl(
        "-X PUT -d '{\"address\":\"unix:/run/x.sock\"}' " + registry_.url() +
        "/v1/services/calculator/instances/u"
    );
    ASSERT_EQ(answer.status, 201) << answer.body;
    put("calculator", kOdd);
    EXPECT_EQ(targets().size(), 1U);
}

TEST_F(PrometheusTargets, CarryWhatIsKnownAsLabels) {
    put("calculator", kOdd);
    const Json all = targets();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0]["targets"], Json::array({"10.0.0.7:9000"}));
    const Json& labels = all[0]["labels"];
    EXPECT_EQ(labels["__meta_rollcall_service"], "calculator");
    EXPECT_EQ(labels["__meta_rollcall_id"], "i9000");
    EXPECT_EQ(labels["__meta_rollcall_zone"], "a");
    EXPECT_EQ(labels["__meta_rollcall_weight"], "100");
    EXPECT_EQ(labels["__meta_rollcall_tags"], ",x,y,");
    EXPECT_EQ(labels["__meta_rollcall_status"], "up");
    EXPECT_EQ(labels["__meta_rollcall_meta_build_id"], "9 \"f\"");
    EXPECT_EQ(labels["__meta_rollcall_meta_1___n__"], "<v>&\\");
    // "a-b" sorts before "a.b".
    EXPECT_EQ(labels["__meta_rollcall_meta_a_b"], "other");
}

TEST_F(PrometheusTargets, AreUpUnlessAskedOtherwise) {
    put("calculator", {{"address", "10.0.0.7"}, {"port", 9000}});
    put("calculator", {{"address", "10.0.0.7"}, {"port", 9001}, {"override", "draining"}});
    put("reports", {{"address", "::1"}, {"port", 9002}, {"status", "starting"}});
    EXPECT_EQ(targets().size(), 1U);
    EXPECT_EQ(targets("?status=all").size(), 3U);
    EXPECT_EQ(targets("?status=draining").size(), 1U);
    EXPECT_EQ(targets("?service=Calculator&status=all").size(), 2U);
    EXPECT_EQ(targets("?service=nobody"), Json::array());
    EXPECT_EQ(targets("?service=reports&status=starting")[0]["targets"][0], "[::1]:9002");
    EXPECT_EQ(curl("'" + registry_.url() + "/v1/prometheus?status=odd'").status, 400);
    EXPECT_EQ(curl("'" + registry_.url() + "/v1/prometheus?service=a%20b'").status, 400);
    EXPECT_EQ(curl("-X POST " + registry_.url() + "/v1/prometheus").status, 405);
}

TEST(LabelName, HasOnlyWhatPrometheusAllows) {
    EXPECT_EQ(label_name("aZ_09"), "aZ_09");
    EXPECT_EQ(label_name("a.b-c d"), "a_b_c_d");
    EXPECT_EQ(label_name("\xc3\xa4"), "__");
    EXPECT_EQ(label_name("\"\n}"), "___");
}

TEST(MetricsText, EscapesLabelValues) {
    http::MetricsText text;
    text.family("a", "gauge", "Something.");
    text.sample(std::uint64_t{1}, {{"l", "q\"b\\n\ne"}, {"m", ""}});
    text.sample(0.25, {}, "_sum");
    EXPECT_EQ(
        std::move(text).take(),
        "# HELP a Something.\n# TYPE a gauge\na{l=\"q\\\"b\\\\n\\ne\",m=\"\"} 1\na_sum 0.25\n"
    );
}

// A folder of one test's own, gone afterwards.
class Folder {
public:
    Folder() {
        std::string name = testing::TempDir() + "rollcall_prometheus_XXXXXX";
        path_ = ::mkdtemp(name.data());
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

TEST_F(PrometheusTargets, AreFoundByARealPrometheus) {
    put("calculator", kOdd);
    const Folder folder;
    std::ofstream{folder.file("prometheus.yml")} << R"(
scrape_configs:
  - job_name: rollcall
    scrape_interval: 1h
    http_sd_configs:
      - url: )" << registry_.url() << R"(/v1/prometheus
        refresh_interval: 1s
)";
    rollcall::tests::Process prometheus{
        {"/usr/bin/prometheus",
         "--config.file=" + folder.file("prometheus.yml"),
         "--storage.tsdb.path=" + folder.file("data"),
         "--web.listen-address=127.0.0.1:0",
         "--log.format=logfmt"}};
    std::string address;
    ASSERT_TRUE(eventually([&] {
        const std::string log = prometheus.errors();
        const std::string said = "msg=\"Listening on\" address=";
        const auto at = log.find(said);
        const auto end = log.find('\n', at);
        if (at == std::string::npos || end == std::string::npos) return false;
        address = log.substr(at + said.size(), end - at - said.size());
        return !address.empty();
    })) << prometheus.errors();
    Json labels;
    ASSERT_TRUE(eventually([&] {
        const auto answer = curl("http://" + address + "/api/v1/targets");
        if (answer.status != 200) return false;
        const Json active = Json::parse(answer.body)["data"]["activeTargets"];
        if (active.size() != 1) return false;
        labels = active[0]["discoveredLabels"];
        return true;
    })) << prometheus.errors();
    EXPECT_EQ(labels["__address__"], "10.0.0.7:9000");
    EXPECT_EQ(labels["__meta_rollcall_service"], "calculator");
    EXPECT_EQ(labels["__meta_rollcall_meta_build_id"], "9 \"f\"");
    EXPECT_EQ(labels["__meta_rollcall_meta_1___n__"], "<v>&\\");
}

}  // namespace
}  // namespace rollcall::registry
