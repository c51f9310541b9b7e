// A real Prometheus finds its targets in our registry, by eureka_sd_configs.

#include "prometheus.h"

#include "registry_requests.h"
#include "support/eventually.h"
#include "support/programs.h"

#include <gtest/gtest.h>

namespace rollcall::tests {
namespace {

using nlohmann::json;

class PrometheusTargets : public testing::Test {
protected:
    void add(const std::string& app, const std::string& id, const std::string& more) {
        const std::string body =
            R"({"instance":{"instanceId":")" + id + R"(","app":")" + app +
            R"(","hostName":"127.0.0.1","ipAddr":"127.0.0.1","vipAddress":"v",)" + more + "}}";
        EXPECT_EQ(send_json(place, "POST", "/eureka/apps/" + app, body).status, 204);
    }

    // Of the target with that address, once Prometheus has it.
    json labels_of(const std::string& address) {
        EXPECT_TRUE(eventually([&] { return prometheus.targets("eureka").contains(address); }))
            << address;
        return prometheus.targets("eureka")[address];
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
    EXPECT_EQ(send_json(place, "PUT", "/v1/services/rpc/instances/three", native).status, 201);

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
    EXPECT_EQ(prometheus.targets("eureka").size(), 3U);
}

}  // namespace
}  // namespace rollcall::tests
