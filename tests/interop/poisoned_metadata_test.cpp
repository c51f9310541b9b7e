// F25: instances whose texts are no XML, no label, no header and no HTML. Each face of the registry
// still gives what its readers can parse, and the text comes out as it went in.

#include "prometheus.h"
#include "registry_requests.h"
#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <pugixml.hpp>
#include <string>

namespace rollcall::tests {
namespace {

using nlohmann::json;
using registry::tests::curl;
using registry::tests::CurlAnswer;

// Keys and values that would end an element, a string, a label or an attribute, or begin one.
const std::map<std::string, std::string> kPoison{
    {"<script>", "</metadata><instance>"},
    {"a b", "]]> <![CDATA[ &amp; &#0;"},
    {"1st", "\"quoted\" and 'quoted'"},
    {"back\\slash", "\\\" \\n \\"},
    {"zone", "a,b}\"] <z>"},  // Eureka's clients find a zone there
    {"x:y", "{label=\"v\"} 1\xe2\x80\xa8# TYPE x counter"},
    {"xmlns", "urn:other"},
    {"\xc3\xa9\xf0\x9f\x92\xa3", "\xf0\x9f\x92\xa3"},
    {"\xef\xbf\xbe", "\xef\xbf\xbf"},  // what XML cannot hold at all
    {"{{x}}", "${jndi:ldap://x}%0d%0aX-Evil: 1"}};

// What the registry adds to the metadata of native instances.
bool is_mark(std::string_view key) {
    return key.starts_with("rollcall.");
}

json without_marks(const json& metadata) {
    json rest = json::object();
    for (const auto& [key, value] : metadata.items()) {
        if (!is_mark(key)) rest[key] = value;
    }
    return rest;
}

class PoisonedInstance : public testing::Test {
protected:
    void SetUp() override {
        const json native = {
            {"address", "127.0.0.1"},
            {"port", 1},
            {"ttl", 600},
            {"version", "1\"<&>'\\"},
            {"zone", kPoison.at("zone")},
            {"tags", {"</tag>", "a\"b", ",", "\\"}},
            {"meta", kPoison}};
        // a"b'<&>/\ as the id.
        const std::string id = "a%22b'%3C&%3E%2F%5C";
        const std::string path = "/v1/services/poisoned/instances/" + id;
        ASSERT_EQ(send_json(place, "PUT", path, native.dump()).status, 201);
        // The same through Eureka's door.
        const json eureka = {
            {"instanceId", "e\"<&>"},
            {"app", "poisoned"},
            {"hostName", "127.0.0.1"},
            {"ipAddr", "127.0.0.1"},
            {"port", {{"$", 2}, {"@enabled", "true"}}},
            {"vipAddress", "v\"<&>]]>"},
            {"homePageUrl", "http://x/?a=1&b=\"<>"},
            {"metadata", kPoison}};
        const json body = {{"instance", eureka}};
        ASSERT_EQ(send_json(place, "POST", "/eureka/apps/POISONED", body.dump()).status, 204);
        ASSERT_EQ(send_json(place, "PUT", "/v1/services/sane/instances/s", kSane).status, 201);
    }

    [[nodiscard]] std::string get(const std::string& target) const {
        const CurlAnswer answer = curl("'" + registry.url() + target + "'");
        EXPECT_EQ(answer.status, 200) << target;
        EXPECT_EQ(answer.header("X-Evil"), "(none)") << target;
        return answer.body;
    }

    static constexpr const char* kSane = R"({"address":"127.0.0.1","port":3,"ttl":600})";

    RegistryProgram registry;
    const Endpoint place = Endpoint::parse(registry.listen()).value();
};

TEST_F(PoisonedInstance, F25_IsWhatItWasInEveryJson) {
    json all = json::parse(get("/v1/services/poisoned"))["instances"];
    ASSERT_EQ(all.size(), 2U);
    std::sort(all.begin(), all.end(), [](const json& a, const json& b) {
        return a["port"] < b["port"];
    });
    EXPECT_EQ(all[0]["id"], R"(a"b'<&>/\)");
    EXPECT_EQ(all[0]["zone"], kPoison.at("zone"));
    EXPECT_EQ(all[0]["tags"], json({"</tag>", "a\"b", ",", "\\"}));
    EXPECT_EQ(all[0]["meta"], json(kPoison));
    EXPECT_EQ(all[1]["meta"], json(kPoison));
    const json apps =
        json::parse(send_json(place, "GET", "/eureka/apps").body)["applications"]["application"];
    ASSERT_EQ(apps.size(), 2U);
    for (const json& instance : apps[0]["instance"])
        EXPECT_EQ(without_marks(instance["metadata"]), json(kPoison));
    EXPECT_EQ(json::parse(get("/v1/events"))["events"].size(), 3U);
    EXPECT_EQ(json::parse(get("/v1/leases?service=poisoned"))["leases"].size(), 2U);
    EXPECT_EQ(json::parse(get("/v1/prometheus")).size(), 3U);
}

TEST_F(PoisonedInstance, F25_IsWellFormedXml) {
    for (const char* const list : {"/eureka/apps", "/eureka/apps/delta"}) {
        pugi::xml_document document;
        const auto parsed = document.load_string(get(list).c_str(), pugi::parse_full);
        ASSERT_TRUE(parsed) << list << ": " << parsed.description();
        const auto instances = document.select_nodes("/applications/application/instance");
        EXPECT_EQ(instances.size(), 3U);
        EXPECT_EQ(document.select_nodes("//metadata[a_x0020_b]").size(), 2U);
        for (const auto& node : document.select_nodes("//metadata[a_x0020_b]")) {
            const auto children = node.node().children();
            const auto count = std::count_if(children.begin(), children.end(), [](auto child) {
                return !is_mark(child.name());
            });
            EXPECT_EQ(static_cast<std::size_t>(count), kPoison.size());
            EXPECT_STREQ(node.node().child_value("a_x0020_b"), "]]> <![CDATA[ &amp; &#0;");
        }
    }
}

// Not one that we have written: Prometheus' own checker, and Prometheus itself by both of its
// doors.
TEST_F(PoisonedInstance, F25_IsReadByARealPrometheus) {
    const auto checked =
        run({"/bin/sh", "-c", "curl -sS '" + registry.url() + "/metrics' | promtool check metrics"}
        );
    EXPECT_EQ(checked.status, (ExitStatus{0, 0})) << checked.output << checked.errors;
    EXPECT_EQ(checked.errors, "");
    const Prometheus prometheus{registry.url()};
    for (const char* const job : {"eureka", "http_sd"}) {
        ASSERT_TRUE(eventually([&] { return prometheus.targets(job).size() == 3; })) << job;
        const auto targets = prometheus.targets(job);
        EXPECT_TRUE(targets.contains("127.0.0.1:3")) << "the sane one is found besides";
    }
    const auto native = prometheus.targets("http_sd")["127.0.0.1:1"];
    EXPECT_EQ(native["__meta_rollcall_zone"], kPoison.at("zone"));
    EXPECT_EQ(native["__meta_rollcall_meta_1st"], kPoison.at("1st"));
    EXPECT_EQ(native["__meta_rollcall_meta_back_slash"], kPoison.at("back\\slash"));
}

// Of the header's list nothing but addresses is made; the page has no text of instances in it.
TEST_F(PoisonedInstance, F25_ReachesNoHeaderAndNoHtml) {
    const CurlAnswer list = curl(registry.url() + "/myRPC/registry");
    EXPECT_EQ(list.header("X-Myrpc-Servers"), "tcp@127.0.0.1:1,tcp@127.0.0.1:3");
    EXPECT_EQ(list.header("X-Evil"), "(none)");
    EXPECT_EQ(get("/").find("</metadata>"), std::string::npos);
    for (const char* const address :
         {"tcp@127.0.0.1:9,tcp@127.0.0.1:8", "tcp@<b>:9", "\"tcp@x:9"}) {
        const std::string header = "X-Myrpc-Server: " + std::string{address} + "\r\n";
        const std::string post = registry::tests::request_bytes("POST", "/myRPC/registry", header);
        EXPECT_EQ(registry::tests::http_exchange(place, post).status, 400) << address;
    }
}

}  // namespace
}  // namespace rollcall::tests
