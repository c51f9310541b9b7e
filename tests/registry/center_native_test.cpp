// The native API, request by request, as curl commands.
#include "center_curl.h"
#include "quiet_registry.h"
#include "support/eventually.h"
#include "support/raw_peer.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <mutex>

namespace rollcall::registry {
namespace {

using nlohmann::json;
using rollcall::tests::eventually;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using tests::curl;
using tests::CurlAnswer;
using tests::quiet;

constexpr const char* kPlain = R"({"address":"10.0.0.7","port":9000,"incarnation":"one"})";

class NativeApi : public ::testing::Test {
protected:
    explicit NativeApi(RegistryServerOptions options = quiet()) : registry(std::move(options)) {
        registry.start();
        service = registry.url() + "/v1/services/calculator";
    }

    CurlAnswer put(const std::string& id, const std::string& body) {
        return curl("-X PUT " + service + "/instances/" + id + " -d '" + body + "'");
    }

    CurlAnswer beat(const std::string& body) {
        return curl("-X POST " + registry.url() + "/v1/heartbeat -d '" + body + "'");
    }

    json list(const std::string& query = "") {
        return json::parse(curl("'" + service + query + "'").body);
    }

    static std::vector<std::string> ids(const json& answer) {
        std::vector<std::string> found;
        for (const json& instance : answer["instances"])
            found.push_back(instance["id"]);
        return found;
    }

    RegistryServer registry;
    std::string service;
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_F(NativeApi, PutRegistersAndRenews) {
    const CurlAnswer created = put("10.0.0.7:9000", kPlain);
    EXPECT_EQ(created.status, 201);
    const json answer = json::parse(created.body);
    EXPECT_EQ(answer["ttl"], 15);
    EXPECT_EQ(answer["interval"], 5);
    EXPECT_EQ(answer["incarnation"], "one");
    EXPECT_THAT(answer["index"].get<std::string>(), MatchesRegex("[0-9a-f]+\\.1"));
    const CurlAnswer renewed = put("10.0.0.7:9000", kPlain);
    EXPECT_EQ(renewed.status, 200);
    EXPECT_EQ(json::parse(renewed.body)["index"], answer["index"]);
}

TEST_F(NativeApi, ListsAServiceWithEveryField) {
    put("10.0.0.7:9000",
        R"({"address":"10.0.0.7","port":9000,"version":"1.2.0","zone":"a","weight":7,)"
        R"("tags":["blue"],"meta":{"k":"<v>"},"status":"starting","ttl":30,"incarnation":"n"})");
    const CurlAnswer answer = curl(service);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    json instance = json::parse(answer.body)["instances"][0];
    EXPECT_THAT(instance["registered"].get<std::string>(), MatchesRegex("20[0-9-]+T[0-9:]+Z"));
    instance.erase("registered");
    EXPECT_EQ(instance, json::parse(R"({"service":"calculator","id":"10.0.0.7:9000",
        "address":"10.0.0.7","port":9000,"scheme":"tcp","version":"1.2.0","zone":"a","weight":7,
        "tags":["blue"],"meta":{"k":"<v>"},"status":"starting","override":null,"ttl":30,
        "incarnation":"n","via":"native","stale":false})"));
}

TEST_F(NativeApi, AnUnknownServiceIsAnEmptyList) {
    const CurlAnswer answer = curl(service);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(json::parse(answer.body)["instances"], json::array());
    EXPECT_THAT(json::parse(answer.body)["index"].get<std::string>(), MatchesRegex(".+\\.0"));
}

TEST_F(NativeApi, ListsServicesWithCounts) {
    EXPECT_EQ(json::parse(curl(registry.url() + "/v1/services").body)["services"], json::array());
    put("a", kPlain);
    put("b", R"({"address":"10.0.0.8","port":1,"status":"draining"})");
    curl("-X PUT " + registry.url() + "/v1/services/Alpha/instances/x -d '" + kPlain + "'");
    const CurlAnswer answer = curl(registry.url() + "/v1/services/");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(
        json::parse(answer.body)["services"],
        json::parse(R"([{"name":"alpha","up":1,"total":1},{"name":"calculator","up":1,"total":2}])")
    );
}

TEST_F(NativeApi, FiltersAList) {
    put("a", R"({"address":"10.0.0.1","port":1,"zone":"z1","tags":["t"],"version":"1"})");
    put("b", R"({"address":"10.0.0.2","port":1,"zone":"z2","tags":["t","u"],"version":"2"})");
    put("c", R"({"address":"10.0.0.3","port":1,"status":"down"})");
    EXPECT_EQ(ids(list()), (Ids{"a", "b", "c"}));
    EXPECT_EQ(ids(list("?status=up")), (Ids{"a", "b"}));
    EXPECT_EQ(ids(list("?status=down")), (Ids{"c"}));
    EXPECT_EQ(ids(list("?tag=t&zone=z2")), (Ids{"b"}));
    EXPECT_EQ(ids(list("?version=1")), (Ids{"a"}));
    EXPECT_EQ(ids(list("?tag=none")), (Ids{}));
    EXPECT_EQ(curl("'" + service + "?status=UP'").status, 400);
}

TEST_F(NativeApi, ShowsOneInstance) {
    put("a%2Fb%20c", kPlain);
    const CurlAnswer answer = curl(service + "/instances/a%2Fb%20c");
    EXPECT_EQ(answer.status, 200);
    const json instance = json::parse(answer.body);
    EXPECT_EQ(instance["id"], "a/b c");
    EXPECT_TRUE(instance.contains("renewed"));
    EXPECT_TRUE(instance.contains("index"));
    const CurlAnswer missing = curl(service + "/instances/zz");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(json::parse(missing.body)["error"], "not_registered");
}

TEST_F(NativeApi, HeartbeatsRenewMany) {
    put("a", kPlain);
    put("b", R"({"address":"10.0.0.8","port":1,"ttl":2,"incarnation":"old"})");
    put("b", R"({"address":"10.0.0.8","port":1,"ttl":6,"incarnation":"new"})");
    const CurlAnswer answer =
        beat(R"({"instances":[{"service":"Calculator","id":"a","incarnation":"one"},)"
             R"({"service":"calculator","id":"b","incarnation":"old"},)"
             R"({"service":"calculator","id":"b"},)"
             R"({"service":"other","id":"c","incarnation":"x"}]})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(
        json::parse(answer.body),
        json::parse(R"({"interval":2,"missing":["other/c"],"replaced":["calculator/b"]})")
    );
    EXPECT_EQ(
        json::parse(beat(R"({"instances":[]})").body),
        json::parse(R"({"interval":5,"missing":[],"replaced":[]})")
    );
}

TEST_F(NativeApi, HeartbeatsOfOne) {
    const std::string url = service + "/instances/a/heartbeat";
    EXPECT_EQ(curl("-X PUT " + url).status, 404);
    put("a", kPlain);
    EXPECT_EQ(curl("-X PUT " + url).status, 204);
    EXPECT_EQ(curl("-X PUT " + url + "?incarnation=one").status, 204);
    put("a", R"({"address":"10.0.0.7","port":9000,"incarnation":"two"})");
    const CurlAnswer replaced = curl("-X PUT " + url + "?incarnation=one");
    EXPECT_EQ(replaced.status, 409);
    EXPECT_EQ(json::parse(replaced.body)["error"], "replaced");
}

TEST_F(NativeApi, ANewProcessWinsForGood) {
    put("a", kPlain);
    EXPECT_EQ(put("a", R"({"address":"10.0.0.7","port":9000,"incarnation":"two"})").status, 200);
    const CurlAnswer refused = put("a", kPlain);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(json::parse(refused.body)["error"], "replaced");
    const std::string url = service + "/instances/a";
    EXPECT_EQ(curl("-X DELETE " + url + "?incarnation=one").status, 409);
    EXPECT_EQ(ids(list()), (Ids{"a"}));
    EXPECT_EQ(curl("-X DELETE " + url + "?incarnation=two").status, 204);
    EXPECT_EQ(ids(list()), (Ids{}));
    EXPECT_EQ(curl("-X DELETE " + url).status, 204);  // also when unknown
    EXPECT_EQ(put("a", kPlain).status, 409);
}

TEST_F(NativeApi, PatchChangesWhatOperatorsChange) {
    put("a", R"({"address":"10.0.0.7","port":9000,"meta":{"k":"v","l":"w"},"incarnation":"one"})");
    const std::string url = "-X PATCH " + service + "/instances/a";
    const CurlAnswer drained = curl(url + R"( -d '{"override":"draining"}')");
    EXPECT_EQ(drained.status, 200);
    EXPECT_EQ(json::parse(drained.body)["override"], "draining");
    EXPECT_EQ(ids(list("?status=up")), (Ids{}));
    // The process goes on announcing `up`; the operator's word stands until it is taken back.
    put("a", kPlain);
    EXPECT_EQ(ids(list("?status=draining")), (Ids{"a"}));
    curl(url + R"( -d '{"override":null,"weight":3,"tags":["x"],"meta":{"k":null,"m":"1"}}')");
    json instance = list()["instances"][0];
    EXPECT_EQ(instance["override"], nullptr);
    EXPECT_EQ(instance["weight"], 3);
    EXPECT_EQ(instance["tags"], json::parse(R"(["x"])"));
    EXPECT_EQ(instance["meta"], json::parse(R"({"m":"1"})"));
    curl(url + R"( -d '{"status":"down"}')");
    EXPECT_EQ(list()["instances"][0]["status"], "down");
    EXPECT_EQ(curl(url + R"(?incarnation=zero -d '{"weight":1}')").status, 409);
    EXPECT_EQ(curl(url + R"( -d '{"port":1}')").status, 400);
    EXPECT_EQ(curl(url + R"( -d '{"weight":-1}')").status, 400);
    EXPECT_EQ(curl(url + R"( -d '{"meta":{"k":1}}')").status, 400);
    EXPECT_EQ(curl(url + R"( -d '[]')").status, 400);
    EXPECT_EQ(curl("-X PATCH " + service + R"(/instances/b -d '{"weight":1}')").status, 404);
    EXPECT_TRUE(json::parse(drained.body).contains("registered")) << "as documented";
}

// It was written back by a recursive function, for whose depth no stack is deep enough.
TEST_F(NativeApi, PatchRefusesDeepNesting) {
    put("a", kPlain);
    for (const std::string member : {"tags", "status", "weight", "override"}) {
        const std::string deep(30'000, '[');
        rollcall::tests::RawPeer peer{registry.endpoint()};
        const std::string body =
            "{\"" + member + "\":" + deep + std::string(deep.size(), ']') + "}";
        peer.send(
            "PATCH /v1/services/calculator/instances/a HTTP/1.1\r\nHost: x\r\n"
            "Connection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body
        );
        EXPECT_THAT(peer.receive_all(), HasSubstr("must be a string, a number or an array"));
    }
    EXPECT_EQ(ids(list()), (Ids{"a"}));
}

TEST_F(NativeApi, RefusesBadRegistrationsWithASentence) {
    const auto message = [](const CurlAnswer& answer) {
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(json::parse(answer.body)["error"], "invalid");
        return json::parse(answer.body)["message"].get<std::string>();
    };
    EXPECT_THAT(message(put("a", "")), HasSubstr("not JSON"));
    EXPECT_THAT(message(put("a", "{}")), HasSubstr("address is missing"));
    EXPECT_THAT(message(put("a", R"({"address":"10.0.0.7"})")), HasSubstr("port is missing"));
    EXPECT_THAT(
        message(put("a", R"({"address":"0.0.0.0","port":1})")), HasSubstr("cannot be dialled")
    );
    EXPECT_THAT(message(put("a", R"({"address":"::","port":1})")), HasSubstr("cannot be dialled"));
    EXPECT_THAT(
        message(put("a", R"({"address":"10.0.0.7","port":1,"ttl":1.9})")), HasSubstr("2 to 600 s")
    );
    EXPECT_THAT(
        message(put("a", R"({"address":"10.0.0.7","port":1,"id":"b"})")), HasSubstr("another id")
    );
    EXPECT_THAT(
        message(put("a", R"({"address":"10.0.0.7","port":1,"service":"x"})")),
        HasSubstr("another service")
    );
    EXPECT_THAT(message(put("%01", kPlain)), HasSubstr("control characters"));
    EXPECT_THAT(message(put("%ff", kPlain)), HasSubstr("not UTF-8"));
    EXPECT_THAT(message(curl(registry.url() + "/v1/services/a%20b")), HasSubstr("service name"));
    EXPECT_THAT(message(beat("{}")), HasSubstr("'instances'"));
    EXPECT_THAT(message(beat(R"({"instances":[{"service":"x"}]})")), HasSubstr("instances[0].id"));
    EXPECT_THAT(
        message(beat(R"({"instances":[{"service":"x","id":"y"},{"service":1}]})")),
        HasSubstr("instances[1].service must be a string")
    );
    EXPECT_EQ(ids(list()), (Ids{}));
}

TEST_F(NativeApi, LimitsIds) {
    EXPECT_EQ(put(std::string(255, 'i'), kPlain).status, 201);
    EXPECT_EQ(put(std::string(256, 'i'), kPlain).status, 400);
    EXPECT_EQ(curl(registry.url() + "/v1/services/" + std::string(64, 's')).status, 200);
    EXPECT_EQ(curl(registry.url() + "/v1/services/" + std::string(65, 's')).status, 400);
}

TEST_F(NativeApi, SaysWhichMethodsThereAre) {
    const std::pair<const char*, const char*> cases[] = {
        {"-X POST /v1/services", "GET, HEAD"},
        {"-X DELETE /v1/services/calculator", "GET, HEAD"},
        {"-X POST /v1/services/calculator/instances/a", "GET, HEAD, PUT, PATCH, DELETE"},
        {"-X GET /v1/services/calculator/instances/a/heartbeat", "PUT"},
        {"-X GET /v1/heartbeat", "POST"},
        {"-X PUT /v1/status", "GET, HEAD"},
        {"-X POST /healthz", "GET, HEAD"},
    };
    for (const auto& [request, allow] : cases) {
        std::string arguments = request;
        arguments.insert(arguments.find('/'), registry.url());
        const CurlAnswer answer = curl(arguments);
        EXPECT_EQ(answer.status, 405) << request;
        EXPECT_EQ(answer.header("Allow"), allow) << request;
    }
}

TEST_F(NativeApi, HelpsWithUnknownPaths) {
    const std::pair<const char*, const char*> cases[] = {
        {"/v1/service", "/v1/services"},
        {"/v1/heartbeats", "/v1/heartbeat"},
        {"/health", "/healthz"},
        {"/myRPC/registr", "/myRPC/registry"},
        {"/v1/services/calculator/instance/a", "/v1/services/{service}/instances/{id}"},
    };
    for (const auto& [path, nearest] : cases) {
        const CurlAnswer answer = curl(registry.url() + path);
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_THAT(
            json::parse(answer.body)["message"].get<std::string>(),
            ::testing::EndsWith(std::string{"the nearest resource is "} + nearest)
        );
    }
}

TEST_F(NativeApi, ReportsItsStatus) {
    put("a", kPlain);
    const json status = json::parse(curl(registry.url() + "/v1/status").body);
    EXPECT_EQ(status["services"], 1);
    EXPECT_EQ(status["instances"], 1);
    EXPECT_EQ(status["warming_up"], false);
    EXPECT_EQ(status["index"], status["epoch"].get<std::string>() + ".1");
    EXPECT_EQ(curl(registry.url() + "/healthz").status, 200);
}

TEST_F(NativeApi, KeepsAListUntilItChanges) {
    put("a", kPlain);
    const json before = list();
    put("a", kPlain);
    beat(R"({"instances":[{"service":"calculator","id":"a"}]})");
    EXPECT_EQ(list(), before);
    put("b", kPlain);
    EXPECT_NE(list()["index"], before["index"]);
    // Another service's changes do not touch this one.
    const json two = list();
    curl("-X PUT " + registry.url() + "/v1/services/x/instances/x -d '" + kPlain + "'");
    EXPECT_EQ(list(), two);
}

}  // namespace rollcall::registry
