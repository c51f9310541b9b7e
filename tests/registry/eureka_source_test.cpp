// What the adapter makes of the answers of Eureka servers of several makes.
#include <rollcall/registry/connect.h>

#include "http/scripted_server.h"
#include "registry/eureka_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using namespace tests;
using rollcall::tests::ok_response;
using rollcall::tests::ScriptedServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

std::string with_status(int status, const std::string& body = "") {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class EurekaSources : public ::testing::Test {
protected:
    Result<Snapshot> read(const std::string& service, const std::string& query = "") {
        auto connection = connect("eureka+" + server.url() + query).value();
        auto snapshots = connection.source->read({service}, Deadline::in(5s));
        if (!snapshots) return snapshots.error();
        return std::move(snapshots->at(0));
    }

    Instance only_instance(const std::string& service = "shop", const std::string& query = "") {
        auto snapshot = read(service, query).value();
        EXPECT_EQ(snapshot.instances.size(), 1U);
        return snapshot.instances.at(0);
    }

    std::string apps = ok_response(spring_answer());  // to GET /apps/NAME
    std::string delta = with_status(404);             // to GET /apps/delta
    std::vector<std::string> requests;
    ScriptedServer server{rollcall::tests::answering([this](const std::string& request) {
        requests.push_back(request);
        return request.find("/apps/delta ") == std::string::npos ? apps : delta;
    })};
};

TEST_F(EurekaSources, AskForTheApplicationAsJson) {
    ASSERT_TRUE(read("shop"));
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_THAT(requests[0], StartsWith("GET /eureka/apps/SHOP HTTP/1.1\r\n"));
    EXPECT_THAT(requests[0], HasSubstr("Accept: application/json\r\n"));
    EXPECT_THAT(requests[0], Not(HasSubstr("Authorization")));
    ASSERT_TRUE(read("shop", "/eureka/v2/"));
    EXPECT_THAT(requests[1], StartsWith("GET /eureka/v2/apps/SHOP HTTP/1.1\r\n"));
}

TEST_F(EurekaSources, ReadWhatSpringCloudServersWrite) {
    const Snapshot snapshot = read("shop").value();
    ASSERT_EQ(snapshot.instances.size(), 2U);
    const Instance& plain = snapshot.instances[0];
    EXPECT_EQ(plain.service, "shop");
    EXPECT_EQ(plain.id, "host-a:shop:8080");
    EXPECT_EQ(plain.endpoint(), (Endpoint{"192.0.2.7", 8080}));
    EXPECT_EQ(plain.scheme, "http");
    EXPECT_EQ(plain.zone, "east");
    EXPECT_EQ(plain.meta.at("management.port"), "8081");
    EXPECT_EQ(plain.ttl, 15s);
    EXPECT_EQ(plain.via, "eureka");
    EXPECT_EQ(plain.effective_status(), Status::up);
    const Instance& secure = snapshot.instances[1];
    EXPECT_EQ(secure.endpoint(), (Endpoint{"192.0.2.8", 8443}));
    EXPECT_EQ(secure.scheme, "https");
    EXPECT_THAT(secure.meta, IsEmpty()) << "@class is none";
}

TEST_F(EurekaSources, ReadWhatOldNetflixServersWrite) {
    apps = ok_response(old_netflix_answer());
    const Instance instance = only_instance("metrics");
    EXPECT_EQ(instance.id, "192.0.2.9:7101");
    EXPECT_EQ(instance.endpoint(), (Endpoint{"192.0.2.9", 7101}));
    EXPECT_EQ(instance.scheme, "http");
    EXPECT_EQ(instance.effective_status(), Status::up);
    EXPECT_EQ(instance.ttl, 90s);
}

TEST_F(EurekaSources, ReadInstancesOnAmazonsMachines) {
    apps = ok_response(amazon_answer());
    const Instance instance = only_instance("media");
    EXPECT_EQ(instance.id, "i-0abc");
    EXPECT_EQ(instance.endpoint(), (Endpoint{"192.0.2.10", 7001}));
}

TEST_F(EurekaSources, TakeOnlyUpForUp) {
    const std::vector<std::pair<std::string, Status>> statuses{
        {R"("status":"UP")", Status::up},
        {R"("status":"OUT_OF_SERVICE")", Status::draining},
        {R"("status":"STARTING")", Status::starting},
        {R"("status":"DOWN")", Status::down},
        {R"("status":"UNKNOWN")", Status::draining},
        {R"("status":"SOMETHING_NEW")", Status::draining},
        // The status is what comes of both: an operator's UP does not wake the dead.
        {R"("status":"DOWN","overriddenStatus":"UP")", Status::down},
        {R"("status":"OUT_OF_SERVICE","overriddenstatus":"OUT_OF_SERVICE")", Status::draining},
    };
    for (const auto& [members, status] : statuses) {
        apps = ok_response(answer_with_status(members));
        EXPECT_EQ(only_instance().effective_status(), status) << members;
    }
}

TEST_F(EurekaSources, ReadMarkedInstancesAsWhatTheyAre) {
    apps = ok_response(answer_with_status(
        R"("status":"UP","metadata":{"zone":"a","rollcall.scheme":"tcp","rollcall.version":"2.1",
        "rollcall.weight":"7","rollcall.tags":"[\"x,y\",\"z\"]","rollcall.incarnation":"n1",
        "k":"v"})"
    ));
    const Instance instance = only_instance();
    EXPECT_EQ(instance.scheme, "tcp");
    EXPECT_EQ(instance.version, "2.1");
    EXPECT_EQ(instance.weight, 7);
    EXPECT_THAT(instance.tags, ElementsAre("x,y", "z"));
    EXPECT_EQ(instance.incarnation, "n1");
    EXPECT_EQ(instance.zone, "a");
    EXPECT_THAT(instance.meta, ElementsAre(Pair("k", "v")));
}

TEST_F(EurekaSources, TakeUnmarkedInstancesForOursIfTheUrlSaysSo) {
    apps = ok_response(answer_with_status(R"("status":"UP")"));
    EXPECT_EQ(only_instance("shop").scheme, "http");
    EXPECT_EQ(only_instance("shop", "/eureka?unmarked=tcp").scheme, "tcp");
    apps = ok_response(answer_with_status(R"("status":"UP","metadata":{"rollcall.scheme":"tls"})"));
    EXPECT_EQ(only_instance("shop", "/eureka?unmarked=tcp").scheme, "tls") << "it is marked";
}

TEST_F(EurekaSources, TakeAnUnknownApplicationForAnEmptyList) {
    apps = with_status(404);
    delta = ok_response(
        R"({"applications":{"versions__delta":"1","apps__hashcode":"","application":[]}})"
    );
    const auto first = connect("eureka+" + server.url())
                           .value()
                           .source->read({"a", "b"}, Deadline::in(5s))
                           .value();
    EXPECT_THAT(first.at(0).instances, IsEmpty());
    EXPECT_FALSE(first.at(0).index.empty());
    EXPECT_EQ(first.at(0).index, first.at(1).index);
    EXPECT_EQ(requests.size(), 3U) << "the server is asked once a read whether it is one";
    delta = with_status(403);  // switched off
    EXPECT_TRUE(read("a"));
}

TEST_F(EurekaSources, TakeAWrongPathForAnError) {
    apps = with_status(404, R"({"status":404,"error":"Not Found","path":"/apps/SHOP"})");
    const auto nowhere = read("shop");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code(), Errc::registry_failed);
    EXPECT_THAT(
        nowhere.error().message(), HasSubstr("/eureka/apps/delta: the registry answered 404")
    );
    delta = ok_response("[]");
    EXPECT_THAT(read("shop").error().message(), HasSubstr("this is not an Eureka server"));
}

// A gateway that has lost its route to Eureka answers 404 as well: everybody's list became empty.
TEST_F(EurekaSources, LookAtEach404WhetherEurekaIsStillThere) {
    const auto source = connect("eureka+" + server.url()).value().source;
    ASSERT_EQ(source->read({"shop"}, Deadline::in(5s)).value().at(0).instances.size(), 2U);
    apps = with_status(404, "no such route");
    const auto lost = source->read({"shop"}, Deadline::in(5s));
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message(), HasSubstr("/eureka/apps/delta: the registry answered 404"));
    delta = with_status(403);
    EXPECT_THAT(source->read({"shop"}, Deadline::in(5s)).value().at(0).instances, IsEmpty());
    delta = with_status(404);
    EXPECT_FALSE(source->read({"shop"}, Deadline::in(5s)));
}

TEST_F(EurekaSources, TakeAnAnswerWithoutAListForAnError) {
    for (const char* body : {"", "[]", "{}", R"({"application":[]})", "{\"application\":"}) {
        apps = ok_response(body);
        const auto none = read("shop");
        ASSERT_FALSE(none) << body;
        EXPECT_THAT(none.error().message(), HasSubstr("the answer has no application")) << body;
    }
    apps = ok_response("<application><name>SHOP</name></application>");
    EXPECT_THAT(read("shop").error().message(), HasSubstr("XML or HTML, although JSON was asked"));
    for (const char* body :
         {R"({"application":{"name":"SHOP"}})",
          R"({"application":{"name":"SHOP","instance":null}})",
          R"({"application":{"name":"SHOP","instance":[]}})"}) {
        apps = ok_response(body);
        EXPECT_THAT(read("shop").value().instances, IsEmpty()) << body;
    }
}

TEST_F(EurekaSources, SayWhatTheServerRefused) {
    for (const int status : {403, 500, 503}) {
        apps = with_status(status, "not now");
        const auto refused = read("shop");
        ASSERT_FALSE(refused);
        EXPECT_THAT(
            refused.error().message(),
            HasSubstr("/apps/SHOP: the registry answered " + std::to_string(status) + ": not now")
        );
    }
}

TEST_F(EurekaSources, LeaveOutWhatCannotBeRead) {
    const std::string good =
        R"({"instanceId":"a","app":"SHOP","ipAddr":"192.0.2.7","port":{"$":1,"@enabled":"true"}})";
    const std::string bad =
        R"({"instanceId":"b","app":"SHOP","ipAddr":"192.0.2.7","port":{"$":70000}})";
    apps = ok_response(R"({"application":{"instance":[)" + bad + "," + good + ",7]}}");
    EXPECT_EQ(only_instance().id, "a");
    apps = ok_response(R"({"application":{"instance":[)" + bad + "]}}");
    const auto none = read("shop");
    ASSERT_FALSE(none) << "a format that has changed must not empty the list";
    EXPECT_THAT(none.error().message(), HasSubstr("no instance can be read: field 'port'"));
}

TEST_F(EurekaSources, KnowAChangedListByItsIndex) {
    const std::string a =
        R"({"instanceId":"a","app":"S","ipAddr":"192.0.2.7","port":{"$":1,"@enabled":"true"})";
    const std::string b =
        R"({"instanceId":"b","app":"S","ipAddr":"192.0.2.8","port":{"$":1,"@enabled":"true"})";
    const auto index = [&](const std::string& list) {
        apps = ok_response(R"({"application":{"instance":[)" + list + "]}}");
        return read("s").value().index;
    };
    const std::string both = index(a + "}," + b + "}");
    EXPECT_EQ(both, index(b + "}," + a + "}")) << "the order of a hash table";
    EXPECT_EQ(both, index(a + R"(,"lastUpdatedTimestamp":"5"},)" + b + "}"));
    EXPECT_NE(both, index(a + R"(,"status":"DOWN"},)" + b + "}"));
    EXPECT_NE(both, index(a + R"(,"metadata":{"k":"v"}},)" + b + "}"));
    EXPECT_NE(both, index(a + "}"));
    EXPECT_THAT(both, Not(HasSubstr("."))) << "it has no epoch";
}

}  // namespace
}  // namespace rollcall::registry
