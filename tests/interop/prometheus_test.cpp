// A real Prometheus finds its targets in our registry, by eureka_sd_configs.

#include "peers.h"
#include "registry/raw_exchange.h"
#include "support/eventually.h"
#include "support/programs.h"
#include "support/temporary_directory.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <optional>

namespace rollcall::tests {
namespace {

using nlohmann::json;
using registry::tests::curl;
using registry::tests::CurlAnswer;
using registry::tests::http_exchange;
using registry::tests::request_bytes;

CurlAnswer send(
    const Endpoint& server,
    const std::string& method,
    const std::string& target,
    const std::string& body = ""
) {
    const std::string headers = "Accept: application/json\r\nContent-Type: application/json\r\n";
    return http_exchange(server, request_bytes(method, target, headers, body));
}

// A Prometheus with targets from a registry, on a port that it chose itself.
class Prometheus {
public:
    explicit Prometheus(const std::string& registry_url)
        : process_(command(folder_.path(), registry_url)) {
        const bool listens = eventually([this] {
            endpoint_ = listening();
            return endpoint_.has_value() || !process_.running();
        });
        if (!listens || !endpoint_) {
            throw std::runtime_error{"prometheus does not serve; it wrote: " + process_.errors()};
        }
    }

    // What it knows of each target before it relabels, by address.
    [[nodiscard]] std::map<std::string, json> targets() const {
        const CurlAnswer answer =
            curl("'http://" + endpoint_->to_string() + "/api/v1/targets?state=active'");
        if (answer.status != 200) return {};  // it is still starting
        std::map<std::string, json> targets;
        const json read = json::parse(answer.body);
        for (const json& target : read["data"]["activeTargets"]) {
            targets[target["discoveredLabels"]["__address__"]] = target["discoveredLabels"];
        }
        return targets;
    }

private:
    static std::vector<std::string> command(
        const std::string& folder, const std::string& registry_url
    ) {
        const std::string config = folder + "/prometheus.yml";
        std::ofstream{config} << "scrape_configs:\n"
                                 "  - job_name: eureka\n"
                                 "    scrape_interval: 1h\n"
                                 "    eureka_sd_configs:\n"
                                 "      - server: "
                              << registry_url << "/eureka\n        refresh_interval: 200ms\n";
        return {
            prometheus_program(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + folder + "/data",
            "--web.listen-address=127.0.0.1:0",
            // It looks at what it has found every five seconds, and once more before it shows it.
            "--scrape.discovery-reload-interval=100ms"};
    }

    [[nodiscard]] std::optional<Endpoint> listening() const {
        const std::string log = process_.errors();
        const std::string mark = "msg=\"Listening on\" address=";
        const auto at = log.find(mark);
        const auto end = log.find('\n', at);
        if (at == std::string::npos || end == std::string::npos) return std::nullopt;
        return Endpoint::parse(log.substr(at + mark.size(), end - at - mark.size())).value();
    }

    TemporaryDirectory folder_;
    Process process_;
    std::optional<Endpoint> endpoint_;
};

class PrometheusTargets : public testing::Test {
protected:
    void add(const std::string& app, const std::string& id, const std::string& more) {
        const std::string body =
            R"({"instance":{"instanceId":")" + id + R"(","app":")" + app +
            R"(","hostName":"127.0.0.1","ipAddr":"127.0.0.1","vipAddress":"v",)" + more + "}}";
        EXPECT_EQ(send(place, "POST", "/eureka/apps/" + app, body).status, 204);
    }

    // Of the target with that address, once Prometheus has it.
    json labels_of(const std::string& address) {
        EXPECT_TRUE(eventually([&] { return prometheus.targets().contains(address); })) << address;
        return prometheus.targets()[address];
    }

    RegistryProgram registry;
    const Endpoint place = Endpoint::parse(registry.listen()).value();
    Prometheus prometheus{registry.url()};
};

TEST_F(PrometheusTargets, AreInstancesOfBothKindsWithTheirMetadata) {
    add("hello", "one", R"("port":{"$":1,"@enabled":"true"},"metadata":{"zone":"a"})");
    add("hello", "two", R"("port":2,"status":"DOWN","metadata":{
        "no name <&>":"v1","1st":"v2","a:b":"v3","\u00e9":"v4","xmlns":"v5",
        "plain":"]]> <&> \"quoted\" 'text' \ufffe"})");
    const std::string native = R"({"address":"127.0.0.1","port":3,"ttl":600,"meta":{"x y":"v"}})";
    EXPECT_EQ(send(place, "PUT", "/v1/services/rpc/instances/three", native).status, 201);

    const std::string meta = "__meta_eureka_app_instance_";
    const json one = labels_of("127.0.0.1:1");
    EXPECT_EQ(one["__meta_eureka_app_name"], "HELLO");
    EXPECT_EQ(one[meta + "id"], "one");
    EXPECT_EQ(one[meta + "status"], "UP");
    EXPECT_EQ(one[meta + "port"], "1");
    EXPECT_EQ(one[meta + "vip_address"], "v");
    EXPECT_EQ(one[meta + "metadata_zone"], "a");

    const json two = labels_of("127.0.0.1:2");
    EXPECT_EQ(two[meta + "status"], "DOWN") << "which to leave out is Prometheus's to say";
    EXPECT_EQ(two[meta + "metadata_no_x0020_name_x0020__x003C__x0026__x003E_"], "v1");
    EXPECT_EQ(two[meta + "metadata__x0031_st"], "v2");
    EXPECT_EQ(two[meta + "metadata_a_x003A_b"], "v3");
    EXPECT_EQ(two[meta + "metadata__x00E9_"], "v4");
    EXPECT_EQ(two[meta + "metadata_xmlns"], "v5");
    // It takes the text between the tags as it is.
    const std::string raw = "]]&gt; &lt;&amp;&gt; \"quoted\" 'text' \xef\xbf\xbd";
    EXPECT_EQ(two[meta + "metadata_plain"], raw);

    const json three = labels_of("127.0.0.1:3");
    EXPECT_EQ(three["__meta_eureka_app_name"], "RPC");
    EXPECT_EQ(three[meta + "metadata_x_x0020_y"], "v");
    EXPECT_EQ(three[meta + "datacenterinfo_name"], "MyOwn");
    EXPECT_EQ(prometheus.targets().size(), 3U);
}

}  // namespace
}  // namespace rollcall::tests
