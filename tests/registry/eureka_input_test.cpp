// What Eureka's clients send when they register, row by row: every tolerance, in JSON and XML.
#include "eureka_json.h"
#include "eureka_xml.h"

#include <gmock/gmock.h>

#include <functional>

namespace rollcall::registry {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

// An instance with these further members.
Result<EurekaInstance> json(const std::string& members, const std::string& base = "") {
    const std::string plain =
        base.empty() ? R"("app":"hello","ipAddr":"10.0.0.7","hostName":"host")" : base;
    Result<EurekaInstance> read =
        eureka_from_json("{" + plain + (members.empty() ? "" : ",") + members + "}");
    return read ? complete(*std::move(read)) : read;
}

Result<EurekaInstance> xml(const std::string& members) {
    Result<EurekaInstance> read = eureka_from_xml(
        "<instance><app>hello</app><ipAddr>10.0.0.7</ipAddr><hostName>host</hostName>" + members +
        "</instance>"
    );
    return read ? complete(*std::move(read)) : read;
}

std::string sentence(const Result<EurekaInstance>& result) {
    return result ? "(accepted)" : result.error().message();
}

Result<Instance> native(const Result<EurekaInstance>& from) {
    return native_instance(from.value(), InstanceLimits{});
}

}  // namespace

TEST(EurekaInput, PortAsObjectOfTextsAndNumbers) {
    for (const auto& read :
         {json(R"("port":{"$":"8080","@enabled":"false"})"),
          json(R"("port":{"$":8080,"@enabled":false})"),
          xml(R"(<port enabled="false">8080</port>)")}) {
        EXPECT_EQ(read.value().port.number, 8080);
        EXPECT_FALSE(read->port.enabled);
        EXPECT_EQ(native(read).value().port, 8080) << "a disabled port is usable all the same";
        EXPECT_EQ(native(read)->scheme, "http");
    }
    for (const auto& read :
         {json(R"("port":8080)"),
          json(R"("port":"8080")"),
          json(R"("port":{"$":"8080","@enabled":true})"),
          json(R"("port":{"$":8080,"@enabled":"true"})"),
          json(R"("port":{"$":8080})"),
          xml("<port>8080</port>"),
          xml(R"(<port enabled="true"> 8080 </port>)")}) {
        EXPECT_EQ(read.value().port.number, 8080);
        EXPECT_TRUE(read->port.enabled);
    }
}

TEST(EurekaInput, PortsHaveBounds) {
    EXPECT_EQ(json(R"("port":65535)").value().port.number, 65535);
    for (const char* bad :
         {R"("port":65536)",
          R"("port":-1)",
          R"("port":{"$":"x"})",
          R"("port":1.5)",
          R"("port":[80])",
          R"("port":{"$":{}})",
          R"("securePort":{"$":"70000"})"}) {
        EXPECT_THAT(sentence(json(bad)), HasSubstr("ort' must be a whole number from 0 to 65535"))
            << bad;
    }
    for (const char* none : {"", R"("port":0)", R"("port":{})", R"("port":null)"}) {
        EXPECT_THAT(native(json(none)).error().message(), HasSubstr("port is missing")) << none;
    }
}

TEST(EurekaInput, TheSecurePortServesWhereThereIsNoOther) {
    const auto read = json(R"("securePort":{"$":8443,"@enabled":"true"})");
    EXPECT_EQ(native(read).value().port, 8443);
    EXPECT_EQ(native(read)->scheme, "https");
    const auto both =
        json(R"("port":{"$":80,"@enabled":"false"},"securePort":{"$":8443,"@enabled":"true"})");
    EXPECT_EQ(native(both).value().port, 8443);
    const auto plain = json(R"("port":80,"securePort":{"$":8443,"@enabled":"true"})");
    EXPECT_EQ(native(plain).value().port, 80);
    EXPECT_EQ(json(R"("port":80)").value().secure_port.number, 443);
}

TEST(EurekaInput, AnIdIsFoundForEveryInstance) {
    EXPECT_EQ(json(R"("instanceId":"one")").value().instance_id, "one");
    EXPECT_EQ(json("").value().instance_id, "host");
    EXPECT_EQ(
        json(R"("dataCenterInfo":{"name":"Amazon","metadata":{"instance-id":"i-1"}})")
            .value()
            .instance_id,
        "i-1"
    );
    EXPECT_EQ(xml("<instanceId>\n  one\n</instanceId>").value().instance_id, "one");
}

TEST(EurekaInput, TheAddressMayBeAUrlAndTheHostNameEmpty) {
    const std::string example =
        R"("app":"hello","instanceId":"x","hostName":"","ipAddr":"http://127.0.0.1","port":8080)";
    const auto read = json("", example);
    EXPECT_EQ(read.value().ip_addr, "http://127.0.0.1") << "verbatim";
    EXPECT_EQ(read->host_name, "127.0.0.1");
    EXPECT_EQ(native(read).value().address, "127.0.0.1");
    for (const auto& [given, address] :
         {std::pair<std::string, std::string>{"10.0.0.7", "10.0.0.7"},
          {"https://web.example:8443/path", "web.example"},
          {"::1", "::1"},
          {"[::1]:80", "::1"},
          {"0.0.0.0", "other.example"},
          {"not an address", "other.example"}}) {
        const auto one =
            json("", R"("app":"a","hostName":"other.example","port":1,"ipAddr":")" + given + '"');
        EXPECT_EQ(native(one).value().address, address);
        EXPECT_EQ(one->ip_addr, given);
    }
    const auto none = json("", R"("app":"a","hostName":"0.0.0.0","port":1,"ipAddr":"::")");
    EXPECT_THAT(native(none).error().message(), HasSubstr("no address that clients can dial"));
}

TEST(EurekaInput, StatusesMayBeEmptyOrUnknown) {
    EXPECT_EQ(json("").value().status, EurekaStatus::up);
    EXPECT_EQ(json(R"("status":"")").value().status, EurekaStatus::up);
    EXPECT_EQ(xml("<status></status>").value().status, EurekaStatus::up);
    EXPECT_EQ(json(R"("status":"OUT_OF_SERVICE")")->status, EurekaStatus::out_of_service);
    EXPECT_EQ(json(R"("status":"SLEEPY")").value().status, EurekaStatus::unknown);
    for (const auto& none :
         {json(R"("overriddenstatus":"")"),
          xml("<overriddenstatus></overriddenstatus>"),
          json(R"("overriddenStatus":"UNKNOWN")"),
          json("")}) {
        EXPECT_EQ(none.value().overridden, EurekaStatus::unknown);
    }
    for (const auto& down :
         {json(R"("overriddenstatus":"DOWN")"),
          json(R"("overriddenStatus":"DOWN")"),
          xml("<overriddenStatus>DOWN</overriddenStatus>")}) {
        EXPECT_EQ(down.value().overridden, EurekaStatus::down);
    }
}

TEST(EurekaInput, LeasesOfNoughtAreEurekasOwn) {
    for (const auto& read :
         {json(""),
          json(R"("leaseInfo":{"durationInSecs":0,"renewalIntervalInSecs":0})"),
          json(R"("leaseInfo":{"durationInSecs":"0"})"),
          json(R"("leaseInfo":null)"),
          xml("<leaseInfo><durationInSecs>0</durationInSecs></leaseInfo>")}) {
        EXPECT_EQ(read.value().duration_seconds, 90);
        EXPECT_EQ(read->renewal_seconds, 30);
    }
}

TEST(EurekaInput, LeasesAreBoundedButEchoed) {
    const auto lease = [](const std::string& duration) {
        return json(
            R"("port":1,"leaseInfo":{"renewalIntervalInSecs":1,"durationInSecs":)" + duration + "}"
        );
    };
    for (const auto& [given, ttl] :
         {std::pair{1, 2}, {2, 2}, {3, 3}, {600, 600}, {601, 600}, {2147483647, 600}}) {
        const auto read = lease(std::to_string(given));
        EXPECT_EQ(native(read).value().ttl, seconds{ttl}) << given;
        EXPECT_EQ(read->duration_seconds, given);
        EXPECT_EQ(read->renewal_seconds, 1);
    }
    EXPECT_THAT(sentence(lease("2147483648")), HasSubstr("leaseInfo: field 'durationInSecs'"));
    EXPECT_THAT(sentence(lease("-1")), HasSubstr("whole number from 0"));
}

TEST(EurekaInput, ADataCenterIsMyOwnUnlessItIsNamed) {
    EXPECT_EQ(json("").value().data_center_name, "MyOwn");
    EXPECT_THAT(json("")->data_center_class, HasSubstr("DefaultDataCenterInfo"));
    EXPECT_THAT(
        json(R"("dataCenterInfo":{"name":"Amazon"})").value().data_center_class,
        HasSubstr("AmazonInfo")
    );
    const auto named = xml(R"(<dataCenterInfo class="c"><name>Own</name></dataCenterInfo>)");
    EXPECT_EQ(named.value().data_center_class, "c");
    EXPECT_EQ(named->data_center_name, "Own");
    for (const auto& nameless :
         {json(R"("dataCenterInfo":{})"), xml("<dataCenterInfo><name/></dataCenterInfo>")}) {
        EXPECT_THAT(sentence(nameless), HasSubstr("dataCenterInfo.name is missing"));
    }
}

TEST(EurekaInput, DirtyTimestampsAreTextsNumbersOrAbsent) {
    EXPECT_EQ(json(R"("lastDirtyTimestamp":"1700000000000")").value().dirty, 1700000000000);
    EXPECT_EQ(json(R"("lastDirtyTimestamp":1700000000000)").value().dirty, 1700000000000);
    EXPECT_EQ(xml("<lastDirtyTimestamp>17</lastDirtyTimestamp>").value().dirty, 17);
    EXPECT_FALSE(json("").value().dirty.has_value());
    EXPECT_FALSE(json(R"("lastDirtyTimestamp":"")").value().dirty.has_value());
    EXPECT_THAT(sentence(json(R"("lastDirtyTimestamp":"soon")")), HasSubstr("whole number"));
}

TEST(EurekaInput, BodiesMayBeWrapped) {
    const std::string bare = R"({"app":"a","ipAddr":"10.0.0.7"})";
    EXPECT_EQ(eureka_from_json(bare).value().app, "a");
    EXPECT_EQ(eureka_from_json(R"({"instance":)" + bare + "}").value().app, "a");
    EXPECT_EQ(eureka_from_xml("<instance><app>a</app></instance>").value().app, "a");
    EXPECT_EQ(
        eureka_from_xml("<?xml version=\"1.0\"?>\n<instance>\n <app>a</app>\n</instance>")->app, "a"
    );
    for (const char* bad :
         {"", "[]", "{", "nil", "1", "\"x\"", R"({"instance":3})", "{\"a\":\xff}"}) {
        EXPECT_FALSE(eureka_from_json(bad)) << bad;
    }
    for (const char* bad : {"", "<instance>", "instance", "<applications/>", "<instance/", "<>"}) {
        EXPECT_FALSE(eureka_from_xml(bad)) << bad;
    }
}

TEST(EurekaInput, MetadataIsTextsByKey) {
    const auto read = json(
        R"("metadata":{"@class":"java.util.Map","n":3,"yes":true,"nil":null,"k":"v","half":0.5})"
    );
    const std::map<std::string, std::string> expected{
        {"n", "3"}, {"yes", "true"}, {"k", "v"}, {"half", "0.5"}};
    EXPECT_EQ(read.value().metadata, expected);
    EXPECT_THAT(
        sentence(json(R"("metadata":{"k":{}})")), HasSubstr("'metadata.k' must be a string")
    );
    EXPECT_THAT(sentence(json(R"("metadata":[])")), HasSubstr("must be an object of strings"));
    const auto of_xml = xml("<metadata>\n<a_x0020_b> v </a_x0020_b><c/></metadata>");
    const std::map<std::string, std::string> two{{"a b", " v "}, {"c", ""}};
    EXPECT_EQ(of_xml.value().metadata, two);
    EXPECT_EQ(native(json(R"("port":1,"metadata":{"zone":"a"})")).value().zone, "a");
}

TEST(EurekaInput, WhatIsMissingIsNamed) {
    EXPECT_THAT(sentence(json("", R"("ipAddr":"10.0.0.7")")), HasSubstr("app is missing"));
    EXPECT_THAT(sentence(json("", R"("app":"a","hostName":"h")")), HasSubstr("ipAddr is missing"));
    EXPECT_THAT(sentence(json(R"("vipAddress":{})")), HasSubstr("'vipAddress' must be a string"));
    EXPECT_THAT(sentence(json(R"("leaseInfo":7)")), HasSubstr("'leaseInfo' must be an object"));
    EXPECT_THAT(
        sentence(json(R"("homePageUrl":"a\nb")")), HasSubstr("homePageUrl 'a\\x0ab' holds control")
    );
    EXPECT_THAT(sentence(xml("<vipAddress>\xff</vipAddress>")), HasSubstr("is not UTF-8"));
}

TEST(EurekaInput, DepthIsHarmless) {
    std::string deep_json = R"({"app":"a","ipAddr":"10.0.0.7","port":1,"x":)";
    deep_json += std::string(20'000, '[') + std::string(20'000, ']') + "}";
    EXPECT_EQ(eureka_from_json(deep_json).value().app, "a");
    const std::string nested = R"({"app":)" + std::string(20'000, '[') + std::string(20'000, ']');
    EXPECT_THAT(sentence(eureka_from_json(nested + "}")), HasSubstr("'app' must be a string"));
    std::string deep_xml = "<instance><app>a</app>";
    for (int i = 0; i < 8'000; ++i)
        deep_xml += "<x>";
    for (int i = 0; i < 8'000; ++i)
        deep_xml += "</x>";
    EXPECT_EQ(eureka_from_xml(deep_xml + "</instance>").value().app, "a");
}

TEST(EurekaInput, EntitiesAreNotExpanded) {
    const auto read = eureka_from_xml(
        "<!DOCTYPE instance [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
        "<instance><app>&a;&f;</app><hostName>&lt;&#65;</hostName></instance>"
    );
    EXPECT_EQ(read.value().app, "&a;&f;");
    EXPECT_EQ(read->host_name, "<A");
}

}  // namespace rollcall::registry
