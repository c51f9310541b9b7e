// Eureka's protocol, request by request: every row of the table in docs/registry.md, in both
// formats.
#include "eureka_fixture.h"

namespace rollcall::registry {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace tests;

class Eureka : public EurekaFixture {};

class WarmingEureka : public EurekaFixture {
protected:
    WarmingEureka() : EurekaFixture(warming()) {}

    static RegistryServerOptions warming() {
        RegistryServerOptions options = quiet();
        options.warmup = std::chrono::minutes{10};
        return options;
    }
};

class FullEureka : public EurekaFixture {
protected:
    FullEureka() : EurekaFixture(small()) {}

    static RegistryServerOptions small() {
        RegistryServerOptions options = quiet();
        options.instances_max = 1;
        return options;
    }
};

// One that has no time for questions at all.
class BusyEureka : public EurekaFixture {
protected:
    BusyEureka() : EurekaFixture(busy()) {}

    static RegistryServerOptions busy() {
        RegistryServerOptions options = quiet();
        options.queries_max = 0;
        return options;
    }
};

}  // namespace

TEST_F(Eureka, PostRegistersInBothFormats) {
    const CurlAnswer of_json = post_json(
        "hello", R"({"instance":{"app":"HELLO","ipAddr":"10.0.0.7","hostName":"a","port":80}})"
    );
    EXPECT_EQ(of_json.status, 204);
    EXPECT_EQ(of_json.body, "");
    const CurlAnswer of_xml = post_xml(
        "Hello",
        "<instance><app>hello</app><ipAddr>10.0.0.8</ipAddr><hostName>b</hostName>"
        "<port enabled=\"true\">80</port></instance>"
    );
    EXPECT_EQ(of_xml.status, 204);
    EXPECT_EQ(ids_of(get_json("/eureka/apps")), (Ids{"a", "b"}));
    // Without a type the body tells.
    const std::string undeclared =
        "<instance><app>x</app><ipAddr>10.0.0.9</ipAddr><hostName>c</hostName><port>1</port>"
        "</instance>";
    EXPECT_EQ(send("POST", "/eureka/apps/x", "", " " + undeclared).status, 204);
    EXPECT_EQ(
        send("POST", "/eureka/apps/x", "", R"({"app":"x","ipAddr":"10.0.0.9","port":1})").status,
        204
    );
}

// What listens on a Unix domain socket alone has no port that is open.
TEST_F(Eureka, ListsUnixDomainSocketsWithoutAnOpenPort) {
    ASSERT_EQ(
        send("PUT", "/v1/services/local/instances/u", "", R"({"address":"unix:/run/x.sock"})")
            .status,
        201
    );
    const json listed = get_json("/eureka/apps/LOCAL")["application"]["instance"][0];
    EXPECT_EQ(listed["ipAddr"], "unix:/run/x.sock");
    EXPECT_EQ(listed["port"]["@enabled"], "false");
    EXPECT_EQ(listed["port"]["$"], 0);
}

TEST_F(Eureka, PostRefusesWithASentence) {
    for (const auto& [body, why] :
         {std::pair<std::string, std::string>{"", "the body is not JSON"},
          {R"({"ipAddr":"10.0.0.7","port":1})", "app is missing"},
          {R"({"app":"hello","port":1})", "ipAddr is missing"},
          {R"({"app":"hello","ipAddr":"10.0.0.7"})", "port is missing"},
          {R"({"app":"other","ipAddr":"10.0.0.7","port":1})", "the body is of the app 'OTHER'"},
          {R"({"app":"hello","ipAddr":"10.0.0.7","port":1,"dataCenterInfo":{}})",
           "dataCenterInfo.name is missing"},
          {R"({"app":"hello","ipAddr":"0.0.0.0","port":1})", "no address that clients can dial"},
          {R"({"app":"hello","ipAddr":"10.0.0.7","port":1,"instanceId":"a\u0007"})", "id 'a"}}) {
        const CurlAnswer answer = post_json("hello", body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_THAT(answer.body, HasSubstr(why));
        EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
    }
    const CurlAnswer of_xml = post_xml("hello", "<instance><app>hello</app></instance>");
    EXPECT_EQ(of_xml.status, 400);
    EXPECT_THAT(of_xml.body, HasSubstr("ipAddr is missing"));
    EXPECT_THAT(post_xml("hello", "{}").body, HasSubstr("the body is not XML"));
    const CurlAnswer name = post_json("a%20b", R"({"app":"a b","ipAddr":"10.0.0.7","port":1})");
    EXPECT_EQ(name.status, 400);
    EXPECT_THAT(name.body, HasSubstr("is not a service name"));
    EXPECT_EQ(ids_of(get_json("/eureka/apps")), Ids{});
}

TEST_F(Eureka, PutRenewsOrSaysThatItIsUnknown) {
    const CurlAnswer unknown = send("PUT", "/eureka/apps/HELLO/a");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, "");
    add("hello", "a", R"(,"lastDirtyTimestamp":"1000")");
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a"), 200);
    EXPECT_EQ(status_of("PUT", "/eureka/v2/apps/hello/a/?status=DOWN"), 200) << "status is ignored";
    EXPECT_EQ(eureka_status("HELLO", "a"), "UP");
    const std::string put = "/eureka/apps/HELLO/a?status=UP&lastDirtyTimestamp=";
    EXPECT_EQ(status_of("PUT", put + "999"), 200);
    EXPECT_EQ(status_of("PUT", put + "1000"), 200);
    EXPECT_EQ(status_of("PUT", put + "1001"), 404) << "the client has newer data: register";
    EXPECT_EQ(status_of("PUT", put + "soon"), 200);
    const std::string peer = "x-netflix-discovery-replication: true\r\n";
    const CurlAnswer late = send("PUT", put + "999", peer + "Accept: application/json\r\n");
    EXPECT_EQ(late.status, 409);
    EXPECT_EQ(json::parse(late.body)["instance"]["instanceId"], "a");
    EXPECT_THAT(send("PUT", put + "999", peer).body, StartsWith("<instance>"));
    EXPECT_EQ(send("PUT", put + "1000", peer).status, 200);
}

TEST_F(Eureka, DeleteTakesOffTheListOnce) {
    add("hello", "a");
    const CurlAnswer gone = send("DELETE", "/eureka/apps/HELLO/a");
    EXPECT_EQ(gone.status, 200);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(status_of("DELETE", "/eureka/apps/HELLO/a"), 404);
    EXPECT_EQ(status_of("GET", "/eureka/apps/HELLO"), 404) << "its last instance has gone";
}

TEST_F(Eureka, ListsAreXmlUnlessJsonIsAskedFor) {
    add("hello", "a");
    for (const char* target :
         {"/eureka/apps",
          "/eureka/apps/",
          "/eureka/v2/apps",
          "/eureka/v2/apps/",
          "/eureka/apps/delta",
          "/eureka/v2/apps/delta/",
          "/eureka/vips/hello",
          "/eureka/v2/vips/hello",
          "/eureka/vips/unknown",
          "/eureka/svips/unknown/"}) {
        for (const char* accept : {"", "Accept: */*\r\n", "Accept: text/html\r\n"}) {
            const CurlAnswer answer = send("GET", target, accept);
            EXPECT_EQ(answer.status, 200) << target;
            EXPECT_EQ(answer.header("Content-Type"), "application/xml") << target;
            EXPECT_THAT(answer.body, StartsWith("<applications><versions__delta>1<")) << target;
        }
        for (const char* accept :
             {"Accept: application/json\r\n",
              "Accept:  application/json\r\n",
              "Accept: text/x-json, */*\r\nX-Eureka-Accept: compact\r\n"}) {
            const CurlAnswer answer = send("GET", target, accept);
            EXPECT_EQ(answer.header("Content-Type"), "application/json") << target;
            EXPECT_TRUE(json::parse(answer.body)["applications"]["application"].is_array());
        }
        EXPECT_EQ(send("GET", target).header("Cache-Control"), "no-store");
    }
    EXPECT_EQ(ids_of(get_json("/eureka/vips/hello")), Ids{"a"});
    EXPECT_EQ(ids_of(get_json("/eureka/vips/HELLO")), Ids{}) << "case counts";
    EXPECT_EQ(ids_of(get_json("/eureka/svips/hello")), Ids{});
}

TEST_F(Eureka, OneApplicationAndOneInstance) {
    add("hello", "10.0.0.7:hello:80");
    add("hello", "\xe5\xae\x9e\xe4\xbe\x8bID");
    EXPECT_EQ(get_json("/eureka/apps/HELLO")["application"]["instance"].size(), 2U);
    EXPECT_THAT(
        send("GET", "/eureka/v2/apps/hello/").body, StartsWith("<application><name>HELLO</name>")
    );
    for (const char* target :
         {"/eureka/apps/hello/10.0.0.7:hello:80",
          "/eureka/v2/apps/HELLO/10.0.0.7:hello:80/",
          "/eureka/apps/Hello/10.0.0.7%3Ahello%3A80",
          "/eureka/instances/10.0.0.7:hello:80",
          "/eureka/v2/instances/10.0.0.7:hello:80"}) {
        EXPECT_EQ(get_json(target)["instance"]["instanceId"], "10.0.0.7:hello:80") << target;
        EXPECT_THAT(send("GET", target).body, StartsWith("<instance><instanceId>10.0.0.7:hello"));
    }
    EXPECT_EQ(
        get_json("/eureka/instances/%E5%AE%9E%E4%BE%8BID")["instance"]["instanceId"],
        "\xe5\xae\x9e\xe4\xbe\x8bID"
    );
    for (const char* unknown :
         {"/eureka/apps/NONE",
          "/eureka/apps/a%20b",
          "/eureka/apps/HELLO/b",
          "/eureka/apps/NONE/b",
          "/eureka/instances/b"}) {
        const CurlAnswer answer = send("GET", unknown);
        EXPECT_EQ(answer.status, 404) << unknown;
        EXPECT_EQ(answer.body, "") << unknown;
    }
}

TEST_F(Eureka, MetadataIsMerged) {
    add("hello", "a", R"(,"metadata":{"k":"v","old":"1"})");
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a/metadata?k=w%20x&new=2"), 200);
    const json expected = {{"k", "w x"}, {"old", "1"}, {"new", "2"}};
    EXPECT_EQ(instance("HELLO", "a")["metadata"], expected);
    EXPECT_EQ(native("hello", "a")["meta"], expected);
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/b/metadata?k=v"), 404);
    const CurlAnswer bad = send("PUT", "/eureka/apps/HELLO/a/metadata?k=%07");
    EXPECT_EQ(bad.status, 400);
    EXPECT_THAT(bad.body, HasSubstr("meta value of 'k'"));
    const std::string longest(1024, 'x');
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a/metadata?k=" + longest), 200);
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a/metadata?k=x" + longest), 400);
}

TEST_F(Eureka, OtherMethodsAreNotAllowed) {
    for (const auto& [target, allow] :
         {std::pair<std::string, std::string>{"/eureka/apps", "GET, HEAD"},
          {"/eureka/apps/HELLO", "GET, HEAD, POST"},
          {"/eureka/apps/HELLO/a", "GET, HEAD, PUT, DELETE"},
          {"/eureka/apps/HELLO/a/status", "PUT, DELETE"},
          {"/eureka/apps/HELLO/a/metadata", "PUT"},
          {"/eureka/vips/a", "GET, HEAD"},
          {"/eureka/instances/a", "GET, HEAD"}}) {
        const CurlAnswer answer = send("PATCH", target);
        EXPECT_EQ(answer.status, 405) << target;
        EXPECT_EQ(answer.header("Allow"), allow) << target;
    }
    EXPECT_EQ(send("POST", "/eureka/apps/HELLO/a").status, 405);
    for (const char* nothing :
         {"/eureka",
          "/eureka/v2",
          "/eureka/app",
          "/eureka/apps/A/b/c",
          "/eureka/apps/A/b/status/d",
          "/eureka/vips",
          "/eureka/vips/a/b"}) {
        const CurlAnswer answer = send("GET", nothing);
        EXPECT_EQ(answer.status, 404) << nothing;
        EXPECT_THAT(answer.body, HasSubstr("no_such_resource")) << nothing;
    }
    EXPECT_THAT(send("GET", "/eureka/app").body, HasSubstr("nearest resource is /eureka/apps"));
}

TEST_F(Eureka, ALaterStateIsNotUndoneByALateRegistration) {
    add("hello", "a", R"(,"lastDirtyTimestamp":"2000","metadata":{"k":"new"})");
    EXPECT_EQ(add("hello", "a", R"(,"lastDirtyTimestamp":"1999","metadata":{"k":"old"})"), 204);
    EXPECT_EQ(instance("HELLO", "a")["metadata"]["k"], "new");
    add("hello", "a", R"(,"lastDirtyTimestamp":"2000","metadata":{"k":"same"})");
    EXPECT_EQ(instance("HELLO", "a")["metadata"]["k"], "same");
    add("hello", "a", R"(,"lastDirtyTimestamp":"2001","metadata":{"k":"newer"})");
    EXPECT_EQ(instance("HELLO", "a")["metadata"]["k"], "newer");
    EXPECT_EQ(instance("HELLO", "a")["lastDirtyTimestamp"], "2001");
    add("hello", "a", R"(,"metadata":{"k":"undated"})");
    EXPECT_EQ(instance("HELLO", "a")["metadata"]["k"], "undated") << "undated means now";
    EXPECT_GT(std::stoll(std::string{instance("HELLO", "a")["lastDirtyTimestamp"]}), 1700000000000);
}

TEST_F(Eureka, TheSameRegistrationAgainIsNoChange) {
    add("hello", "a");
    const json before = get_json("/v1/services");
    const json instance_before = instance("HELLO", "a")["lastDirtyTimestamp"];
    add("hello", "a");
    EXPECT_EQ(get_json("/v1/services"), before);
    EXPECT_EQ(instance("HELLO", "a")["lastDirtyTimestamp"], instance_before);
}

// F4: a registry that lost its memory must not tell anybody that there are no servers.
TEST_F(WarmingEureka, AnswersListsWithAnEmpty503AndTakesRegistrations) {
    EXPECT_EQ(add("hello", "a"), 204);
    for (const char* target :
         {"/eureka/apps",
          "/eureka/apps/",
          "/eureka/apps/delta",
          "/eureka/apps/HELLO",
          "/eureka/vips/a",
          "/eureka/svips/a"}) {
        const CurlAnswer answer = send("GET", target, "Accept: application/json\r\n");
        EXPECT_EQ(answer.status, 503) << target;
        EXPECT_EQ(answer.body, "") << target;
        EXPECT_EQ(answer.header("Retry-After"), "1") << target;
    }
    EXPECT_EQ(status_of("GET", "/eureka/apps/HELLO/a"), 200) << "asked by who is registering";
    EXPECT_EQ(status_of("GET", "/eureka/apps/HELLO/b"), 404);
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a"), 200);
}

TEST_F(FullEureka, RefusesWith503AndSaysWhenToTryAgain) {
    EXPECT_EQ(add("hello", "a"), 204);
    const CurlAnswer full =
        post_json("hello", R"({"app":"hello","ipAddr":"10.0.0.7","port":1,"instanceId":"b"})");
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(full.header("Retry-After"), "5");
    EXPECT_EQ(add("hello", "a"), 204) << "who is listed may renew";
}

TEST_F(BusyEureka, RefusesListsWithoutABodyAndServesHeartbeats) {
    EXPECT_EQ(add("hello", "a"), 204);
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a"), 200);
    const CurlAnswer refused = send("GET", "/eureka/apps", "Accept: application/json\r\n");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.body, "");
    EXPECT_EQ(refused.header("Retry-After"), "2");
}

TEST_F(Eureka, WhatOnlyEurekaKnowsIsLimitedTo8KiB) {
    const auto add_url = [this](std::size_t bytes) {
        const std::string more = R"(,"homePageUrl":")" + std::string(bytes, 'u') + '"';
        return post_json(
            "hello", R"({"app":"hello","instanceId":"a","ipAddr":"10.0.0.7","port":1)" + more + "}"
        );
    };
    // The rest of it takes a few hundred bytes; the answer says how many.
    const std::string refusal = add_url(8192).body;
    const auto at = refusal.find(" is ") + 4;
    const std::size_t rest = std::stoul(refusal.substr(at)) - 8192;
    EXPECT_EQ(add_url(8192 - rest - 1).status, 204);
    EXPECT_EQ(add_url(8192 - rest).status, 204);
    const CurlAnswer over = add_url(8192 - rest + 1);
    EXPECT_EQ(over.status, 400);
    EXPECT_THAT(over.body, HasSubstr("is 8193 bytes long; at most 8192 are allowed"));
}

}  // namespace rollcall::registry
