// The exact shape of Eureka's answers, key by key and type by type, and that no instance can break
// the list for all others.
#include "eureka_fixture.h"
#include "support/process.h"

#include <fstream>
#include <regex>
#include <sstream>

namespace rollcall::registry {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using namespace tests;

std::string golden(const std::string& name) {
    std::ifstream file{std::string{ROLLCALL_GOLDEN} + "/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Dates of these days as one date.
std::string undated(const std::string& text) {
    return std::regex_replace(text, std::regex{"1[78][0-9]{11}"}, "1700000000000");
}

// By a parser that forgives nothing, unlike ours: expat.
bool is_strict_xml(const std::string& url) {
    const auto parsed = rollcall::tests::run(
        {"/usr/bin/python3",
         "-c",
         "import sys, urllib.request, xml.etree.ElementTree as tree\n"
         "tree.parse(urllib.request.urlopen(sys.argv[1]))",
         url}
    );
    return parsed.status.code == 0;
}

class EurekaShape : public EurekaFixture {
protected:
    void add_golden_instances() {
        EXPECT_EQ(
            post_json("hello", R"({"instance":{
            "instanceId":"10.0.0.7:hello:8080","hostName":"host.example","app":"hello",
            "ipAddr":"10.0.0.7","status":"UP","port":{"$":8080,"@enabled":"true"},
            "securePort":{"$":8443,"@enabled":"true"},"countryId":7,
            "dataCenterInfo":{"name":"Amazon","metadata":{"instance-id":"i-1","ami-id":"a-1"}},
            "leaseInfo":{"renewalIntervalInSecs":1,"durationInSecs":3600},
            "metadata":{"zone":"a","1 <key>":"<&> \"quoted\" 'text'"},
            "homePageUrl":"http://host.example:8080/",
            "statusPageUrl":"http://host.example:8080/info?a=1&b=2",
            "healthCheckUrl":"http://host.example:8080/health",
            "secureHealthCheckUrl":"https://host.example:8443/health",
            "vipAddress":"hello,hallo","secureVipAddress":"hello.safe",
            "appGroupName":"GROUP","asgName":"scaling","lastDirtyTimestamp":"1234",
            "isCoordinatingDiscoveryServer":"true","unknown":{"deeply":[["nested"]]}}})")
                .status,
            204
        );
        const std::string native = "/v1/services/calculator/instances/10.0.0.8:9000";
        const std::string body = R"({"address":"10.0.0.8","port":9000,"incarnation":"n1"})";
        EXPECT_EQ(send("PUT", native, "", body).status, 201);
        EXPECT_EQ(send("PATCH", native, "", R"({"override":"draining"})").status, 200);
    }
};

}  // namespace

TEST_F(EurekaShape, JsonIsTheOneShapeThatAllClientsCanRead) {
    add_golden_instances();
    const std::string body = send("GET", "/eureka/apps", "Accept: application/json\r\n").body;
    const std::string indented = nlohmann::ordered_json::parse(body).dump(2);
    EXPECT_EQ(undated(indented) + "\n", golden("eureka_apps.json"));
}

TEST_F(EurekaShape, XmlHasTheSameElements) {
    add_golden_instances();
    const pugi::xml_document document = get_xml("/eureka/apps");
    std::ostringstream indented;
    document.save(indented, "  ", pugi::format_indent | pugi::format_no_declaration);
    EXPECT_EQ(undated(indented.str()), golden("eureka_apps.xml"));
    EXPECT_TRUE(is_strict_xml(registry.url() + "/eureka/apps"));
}

TEST_F(EurekaShape, FramesOfOneApplicationAndOneInstance) {
    add_golden_instances();
    const json all = get_json("/eureka/apps")["applications"]["application"];
    EXPECT_EQ(get_json("/eureka/apps/HELLO"), (json{{"application", all[1]}}));
    EXPECT_EQ(
        get_json("/eureka/apps/HELLO/10.0.0.7:hello:8080"),
        (json{{"instance", all[1]["instance"][0]}})
    );
    EXPECT_EQ(get_json("/eureka/apps/delta")["applications"]["application"][1]["name"], "HELLO");
    EXPECT_EQ(
        send("GET", "/eureka/vips/none", "Accept: application/json\r\n").body,
        R"({"applications":{"versions__delta":"1","apps__hashcode":"","application":[]}})"
    );
    EXPECT_EQ(
        send("GET", "/eureka/vips/none").body,
        "<applications><versions__delta>1</versions__delta><apps__hashcode></apps__hashcode>"
        "</applications>"
    );
}

TEST_F(EurekaShape, WhatWasReadCanBeRegisteredAgain) {
    add_golden_instances();
    const std::string target = "/eureka/apps/HELLO/10.0.0.7:hello:8080";
    const std::string as_json = send("GET", target, "Accept: application/json\r\n").body;
    const std::string as_xml = send("GET", target).body;
    for (const bool json_again : {true, false}) {
        EXPECT_EQ(status_of("DELETE", target), 200);
        const CurlAnswer again =
            json_again ? post_json("HELLO", as_json) : post_xml("HELLO", as_xml);
        EXPECT_EQ(again.status, 204);
        EXPECT_EQ(
            undated(send("GET", target, "Accept: application/json\r\n").body), undated(as_json)
        ) << "metadata keys that are no names of elements included";
    }
}

// F25: one instance must not make the whole list unreadable.
TEST_F(EurekaShape, F25PoisonedMetadataKeepsEveryListReadable) {
    const std::string put = "/v1/services/poison/instances/";
    int count = 0;
    for (const char* key :
         {"",        " ",       "1",     "-a", "a b",   "<script>", "]]>",     "a:b",
          "xmlns",   "xml",     "&amp;", "'",  "\\\"",  "_x0041_",  "\\u00e9", "\\ud83d\\ude42",
          "\\ufffe", "\\uffff", "a/b",   "$",  "@class"}) {
        const std::string body = std::string{R"({"address":"10.0.0.7","port":1,"meta":{")"} + key +
                                 R"(":"]]> <&> \" ' \ufffe \uffff \ud83d\ude42"}})";
        const int status = send("PUT", put + std::to_string(count++), "", body).status;
        EXPECT_EQ(status, *key == '\0' ? 400 : 201) << key;
    }
    for (const char* refused :
         {"\\u0000", "\\u0007", "\\n", "\\u007f", "\\u0085", "\\ud800", "\xff"}) {
        const std::string member = std::string{R"({"address":"10.0.0.7","port":1,"meta":{)"};
        for (const std::string& meta :
             {std::string{"\"k"} + refused + R"(":"v"}})",
              R"("k":"v)" + std::string{refused} + "\"}}"}) {
            EXPECT_EQ(send("PUT", put + "refused", "", member + meta).status, 400) << refused;
        }
        const CurlAnswer eureka = post_json(
            "poison",
            R"({"app":"poison","ipAddr":"10.0.0.7","port":1,"metadata":{"k":"v)" +
                std::string{refused} + "\"}}"
        );
        EXPECT_EQ(eureka.status, 400) << refused;
    }
    for (const char* target :
         {"/eureka/apps",
          "/eureka/apps/delta",
          "/eureka/apps/POISON",
          "/eureka/vips/poison",
          "/eureka/apps/POISON/5"}) {
        EXPECT_TRUE(is_strict_xml(registry.url() + target)) << target;
        EXPECT_FALSE(get_json(target).empty());
    }
    const json all = get_json("/eureka/apps")["applications"]["application"][0]["instance"];
    EXPECT_EQ(all.size(), static_cast<std::size_t>(count) - 1);
    EXPECT_TRUE(get_json("/eureka/apps/POISON/5")["instance"]["metadata"].contains("<script>"));
    EXPECT_THAT(send("GET", "/eureka/apps/POISON/5").body, HasSubstr("<_x003C_script_x003E_>"));
}

TEST_F(EurekaShape, F25PoisonedFieldsOfEurekaAreEscaped) {
    const CurlAnswer added = post_json(
        "poison",
        R"({"app":"poison","ipAddr":"10.0.0.7","port":1,"instanceId":"</instance>&\"'",
            "hostName":"<b>","vipAddress":"]]>","homePageUrl":"\ufffe","statusPageUrl":"&lt;",
            "dataCenterInfo":{"name":"<n>","@class":"\"><x","metadata":{"<k>":"<v>"}}})"
    );
    EXPECT_EQ(added.status, 204) << added.body;
    EXPECT_TRUE(is_strict_xml(registry.url() + "/eureka/apps"));
    const auto document = get_xml("/eureka/apps/POISON");
    const pugi::xml_node shown = document.child("application").child("instance");
    EXPECT_STREQ(shown.child_value("instanceId"), "</instance>&\"'");
    EXPECT_STREQ(shown.child_value("hostName"), "<b>");
    EXPECT_STREQ(shown.child_value("homePageUrl"), "\xef\xbf\xbd");
    EXPECT_STREQ(shown.child("dataCenterInfo").attribute("class").value(), "\"><x");
    EXPECT_EQ(get_json("/eureka/vips/]]%3E")["applications"]["apps__hashcode"], "UP_1_");
}

}  // namespace rollcall::registry
