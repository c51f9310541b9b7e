// The requests of two Go clients, byte for byte, and the answers that they need.
#include "eureka_fixture.h"

namespace rollcall::registry {
namespace {

using nlohmann::json;
using ::testing::StartsWith;
using namespace tests;

// What Go's HTTP client adds to every request.
const std::string kGo = "Host: 127.0.0.1\r\nUser-Agent: Go-http-client/1.1\r\n";

class EurekaClients : public EurekaFixture {
protected:
    CurlAnswer sent(const std::string& bytes) { return http_exchange(registry.endpoint(), bytes); }

    CurlAnswer go_without_body(const std::string& line, const std::string& headers = "") {
        // Go announces the empty body of a PUT.
        const std::string length = line.starts_with("PUT") ? "Content-Length: 0\r\n" : "";
        return sent(
            line + " HTTP/1.1\r\n" + kGo + length + headers + "Accept-Encoding: gzip\r\n\r\n"
        );
    }

    CurlAnswer go_post(
        const std::string& target, const std::string& headers, const std::string& body
    ) {
        return sent(
            "POST " + target + " HTTP/1.1\r\n" + kGo + "Content-Length: " +
            std::to_string(body.size()) + "\r\n" + headers + "Accept-Encoding: gzip\r\n\r\n" + body
        );
    }
};

}  // namespace

// xuanbo/eureka-client: its first heartbeat must be 404, because only that makes it register.
TEST_F(EurekaClients, XuanboHeartbeatsRegistersReadsAndLeaves) {
    const std::string beat = "PUT /eureka/apps/go-example/192.168.1.10:go-example:10000?status=UP";
    EXPECT_EQ(go_without_body(beat).status, 404);
    const CurlAnswer registered = go_post(
        "/eureka/apps/go-example",
        "Content-Type: application/json\r\n",
        R"({"instance":{"hostName":"192.168.1.10","statusPageUrl":"http://192.168.1.10:10000/info",)"
        R"("app":"go-example","ipAddr":"192.168.1.10","vipAddress":"go-example","status":"UP",)"
        R"("port":{"$":10000,"@enabled":"true"},"dataCenterInfo":{"name":"MyOwn",)"
        R"("@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"},)"
        R"("leaseInfo":{"renewalIntervalInSecs":30,"durationInSecs":90},)"
        R"("metadata":{"VERSION":"0.1.0","NODE_GROUP_ID":0,"PRODUCT_ENV":"DEV"},)"
        R"("overriddenstatus":"UNKNOWN","instanceId":"192.168.1.10:go-example:10000"}})"
    );
    EXPECT_EQ(registered.status, 204);
    EXPECT_EQ(go_without_body(beat).status, 200);

    const CurlAnswer list = go_without_body("GET /eureka/apps", "Accept: application/json\r\n");
    EXPECT_EQ(list.status, 200);
    const json apps = json::parse(list.body)["applications"];
    // Its Go types: one that differs fails the whole refresh.
    EXPECT_TRUE(apps["versions__delta"].is_string());
    EXPECT_TRUE(apps["apps__hashcode"].is_string());
    ASSERT_TRUE(apps["application"].is_array());
    const json one = apps["application"][0]["instance"][0];
    EXPECT_TRUE(one["port"]["$"].is_number_integer());
    EXPECT_TRUE(one["securePort"]["$"].is_number_integer());
    for (const char* integer : {"renewalIntervalInSecs", "durationInSecs"})
        EXPECT_TRUE(one["leaseInfo"][integer].is_number_integer()) << integer;
    EXPECT_TRUE(one["countryId"].is_number_integer());
    for (const char* text :
         {"hostName",
          "homePageUrl",
          "statusPageUrl",
          "app",
          "status",
          "isCoordinatingDiscoveryServer",
          "lastUpdatedTimestamp",
          "lastDirtyTimestamp",
          "actionType",
          "instanceId"}) {
        EXPECT_TRUE(one[text].is_string()) << text;
    }
    EXPECT_TRUE(one["port"]["@enabled"].is_string());
    EXPECT_EQ(one["metadata"]["NODE_GROUP_ID"], "0");

    EXPECT_EQ(
        go_without_body("DELETE /eureka/apps/go-example/192.168.1.10:go-example:10000").status, 200
    );
    EXPECT_EQ(go_without_body(beat).status, 404);
}

// hudl/fargo, as go-kit's registrar drives it, in XML, its default.
TEST_F(EurekaClients, FargoLooksRegistersReadsBackAndBeats) {
    const std::string xml = "Accept: application/xml\r\nContent-Type: application/xml\r\n";
    const std::string one = "/eureka/apps/hello/10.0.0.7%3A8080";
    const CurlAnswer before = go_without_body("GET " + one, xml);
    EXPECT_EQ(before.status, 404) << "200 would mean: registered already";
    const CurlAnswer registered = go_post(
        "/eureka/apps/hello",
        xml,
        "<instance><instanceId>10.0.0.7:8080</instanceId><hostName>10.0.0.7</hostName>"
        "<app>hello</app><ipAddr>http://10.0.0.7</ipAddr><vipAddress>hello</vipAddress>"
        "<secureVipAddress>hello</secureVipAddress><status>UP</status>"
        "<overriddenstatus></overriddenstatus><port enabled=\"false\">8080</port>"
        "<securePort enabled=\"false\">0</securePort><homePageUrl></homePageUrl>"
        "<statusPageUrl></statusPageUrl><healthCheckUrl></healthCheckUrl><countryId>0</countryId>"
        "<dataCenterInfo><name>MyOwn</name><metadata></metadata></dataCenterInfo>"
        "<leaseInfo><renewalIntervalInSecs>1</renewalIntervalInSecs>"
        "<durationInSecs>0</durationInSecs><registrationTimestamp>0</registrationTimestamp>"
        "<lastRenewalTimestamp>0</lastRenewalTimestamp><evictionTimestamp>0</evictionTimestamp>"
        "<serviceUpTimestamp>0</serviceUpTimestamp></leaseInfo><metadata></metadata></instance>"
    );
    EXPECT_EQ(registered.status, 204) << registered.body;

    // It goes on with what it reads back: the interval becomes its heartbeat's.
    const CurlAnswer back = go_without_body("GET " + one, xml);
    EXPECT_EQ(back.status, 200);
    pugi::xml_document document;
    ASSERT_TRUE(document.load_string(back.body.c_str()));
    const pugi::xml_node instance = document.child("instance");
    EXPECT_STREQ(instance.child("leaseInfo").child_value("renewalIntervalInSecs"), "1");
    EXPECT_STREQ(instance.child("leaseInfo").child_value("durationInSecs"), "90");
    EXPECT_STREQ(instance.child_value("ipAddr"), "http://10.0.0.7");
    EXPECT_STREQ(instance.child_value("port"), "8080");
    EXPECT_STREQ(instance.child_value("securePort"), "0");
    EXPECT_STREQ(instance.child("dataCenterInfo").child_value("name"), "MyOwn");

    EXPECT_EQ(go_without_body("PUT " + one).status, 200);
    const CurlAnswer app = go_without_body("GET /eureka/apps/hello", xml);
    EXPECT_THAT(app.body, StartsWith("<application><name>HELLO</name><instance>"));
    EXPECT_EQ(go_without_body("PUT " + one + "/metadata?color=blue").status, 200);
    EXPECT_EQ(go_without_body("PUT " + one + "/status?value=OUT_OF_SERVICE").status, 200);
    EXPECT_EQ(go_without_body("DELETE " + one).status, 200);
    const CurlAnswer gone = go_without_body("GET /eureka/apps/hello", xml);
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(go_without_body("PUT " + one).status, 404) << "makes it register again";
}

TEST_F(EurekaClients, FargoInJsonWantsBothPortsAndAVersionInEveryList) {
    const std::string headers = "Accept: application/json\r\nContent-Type: application/json\r\n";
    EXPECT_EQ(
        go_post(
            "/eureka/v2/apps/hello",
            headers,
            R"({"instance":{"instanceId":"","hostName":"h","app":"hello","ipAddr":"10.0.0.7",)"
            R"("vipAddress":"hello","secureVipAddress":"","status":"UP","overriddenstatus":"",)"
            R"("port":{"$":"8080","@enabled":"false"},"securePort":{"$":"0","@enabled":"false"},)"
            R"("homePageUrl":"","statusPageUrl":"","healthCheckUrl":"","countryId":0,)"
            R"("dataCenterInfo":{"name":"MyOwn","metadata":null},)"
            R"("leaseInfo":{"renewalIntervalInSecs":0,"durationInSecs":0,)"
            R"("registrationTimestamp":0,"lastRenewalTimestamp":0,"evictionTimestamp":0,)"
            R"("serviceUpTimestamp":0},"metadata":{}}})"
        )
            .status,
        204
    );
    for (const char* target :
         {"/eureka/v2/apps",
          "/eureka/v2/vips/hello",
          "/eureka/v2/vips/none",
          "/eureka/v2/svips/x"}) {
        const CurlAnswer answer = go_without_body(std::string{"GET "} + target, headers);
        EXPECT_EQ(answer.status, 200) << target;
        EXPECT_EQ(json::parse(answer.body)["applications"]["versions__delta"], "1") << target;
    }
    const json read = json::parse(go_without_body("GET /eureka/v2/apps/hello/h", headers).body);
    for (const char* port : {"port", "securePort"}) {
        EXPECT_TRUE(read["instance"][port]["$"].is_number_integer()) << port;
        EXPECT_TRUE(read["instance"][port]["@enabled"].is_string()) << port;
    }
    for (const auto& [key, value] : read["instance"]["leaseInfo"].items())
        EXPECT_TRUE(value.is_number_integer()) << key;
    EXPECT_TRUE(read["instance"]["metadata"].is_object());
}

}  // namespace rollcall::registry
