// Watching the registry, over real connections.
#include "center_curl.h"
#include "quiet_registry.h"
#include "support/eventually.h"
#include "watching_client.h"

#include <gmock/gmock.h>

#include <deque>

namespace rollcall::registry {
namespace {

using nlohmann::json;
using rollcall::tests::eventually;
using tests::curl;
using tests::WatchingClient;

class Watch : public testing::Test {
protected:
    explicit Watch(RegistryServerOptions options = tests::quiet()) : registry(std::move(options)) {
        registry.start();
    }

    WatchingClient get(const std::string& target) { return {registry.endpoint(), target}; }

    WatchingClient many(const std::string& body) {
        return {registry.endpoint(), "/v1/watch", body};
    }

    void put(const std::string& service, const std::string& id, const std::string& more = "") {
        const auto answer = curl(
            "-X PUT " + registry.url() + "/v1/services/" + service + "/instances/" + id +
            R"( -d '{"address":"10.0.0.7","port":9000)" + more + "}'"
        );
        ASSERT_TRUE(answer.status == 200 || answer.status == 201) << answer.body;
    }

    void remove(const std::string& service, const std::string& id) {
        ASSERT_EQ(
            curl("-X DELETE " + registry.url() + "/v1/services/" + service + "/instances/" + id)
                .status,
            204
        );
    }

    std::string index_of(const std::string& path) {
        return json::parse(curl("'" + registry.url() + path + "'").body)["index"];
    }

    std::size_t watchers() {
        return json::parse(curl(registry.url() + "/v1/status").body)["watchers"];
    }

    [[nodiscard]] bool parked(std::size_t count) {
        return eventually([&] { return watchers() == count; });
    }

    RegistryServer registry;
};

TEST_F(Watch, AnswersWhenTheServiceChanges) {
    put("x", "a");
    auto watcher = get("/v1/services/x?wait=30s&index=" + index_of("/v1/services/x"));
    ASSERT_TRUE(parked(1));
    put("x", "b");
    EXPECT_EQ(watcher.wait().status, 200);
    EXPECT_EQ(watcher.json()["instances"].size(), 2U);
    EXPECT_EQ(watcher.json()["index"], index_of("/v1/services/x"));
    EXPECT_EQ(watchers(), 0U);
}

TEST_F(Watch, AnswersBeforeTheFirstInstanceToo) {
    auto watcher = get("/v1/services/x?wait=30s&index=" + index_of("/v1/services/x"));
    ASSERT_TRUE(parked(1));
    put("x", "a");
    EXPECT_EQ(watcher.wait().json()["instances"].size(), 1U);
}

TEST_F(Watch, AnswersAtOnceIfTheIndexIsOldOfAnotherEpochOrNone) {
    put("x", "a");
    const std::string old = index_of("/v1/services/x");
    put("x", "b");
    for (const std::string& index :
         {old, std::string{"00000000.1"}, std::string{"nonsense"}, std::string{}})
        EXPECT_EQ(get("/v1/services/x?wait=30s&index=" + index).wait().status, 200) << index;
}

TEST_F(Watch, AWatcherOfXNeverWakesForY) {
    auto x = get("/v1/services/x?wait=30s&index=" + index_of("/v1/services/x"));
    auto y = get("/v1/services/y?wait=30s&index=" + index_of("/v1/services/y"));
    ASSERT_TRUE(parked(2));
    for (int i = 0; i < 30; ++i)
        put("y", std::to_string(i));
    EXPECT_EQ(y.wait().status, 200);
    EXPECT_EQ(watchers(), 1U);
    EXPECT_TRUE(x.is_waiting());
}

TEST_F(Watch, EndsWith304AfterItsWait) {
    const TimePoint begun = SteadyClock::now();
    auto watcher = get("/v1/services/x?wait=300ms&index=" + index_of("/v1/services/x"));
    EXPECT_EQ(watcher.wait().status, 304);
    EXPECT_EQ(watcher.body, "");
    EXPECT_GE(SteadyClock::now() - begun, std::chrono::milliseconds{300});
}

TEST_F(Watch, AFilteredOneSleepsThroughWhatItDoesNotShow) {
    put("x", "a", R"(,"zone":"east")");
    const std::string path = "/v1/services/x?zone=east";
    auto watcher = get(path + "&wait=30s&index=" + index_of(path));
    ASSERT_TRUE(parked(1));
    put("x", "b", R"(,"zone":"west")");
    remove("x", "b");
    EXPECT_EQ(watchers(), 1U);
    EXPECT_TRUE(watcher.is_waiting());
    put("x", "c", R"(,"zone":"east")");
    EXPECT_EQ(watcher.wait().json()["instances"].size(), 2U);
}

TEST_F(Watch, ADeltaSaysWhatHasComeAndGone) {
    put("x", "a");
    put("x", "b");
    put("x", "c");
    const std::string from = index_of("/v1/services/x");
    put("other", "z");
    remove("x", "b");
    put("x", "c", R"(,"weight":7)");
    put("x", "d");
    const json delta = get("/v1/services/x?wait=1s&delta=1&index=" + from).wait().json();
    EXPECT_EQ(delta["from"], from);
    EXPECT_EQ(delta["index"], index_of("/v1/services/x"));
    EXPECT_EQ(delta["remove"], json::array({"b"}));
    ASSERT_EQ(delta["upsert"].size(), 2U);
    EXPECT_EQ(delta["upsert"][0]["id"], "c");
    EXPECT_EQ(delta["upsert"][0]["weight"], 7);
    EXPECT_EQ(delta["upsert"][1]["id"], "d");
}

TEST_F(Watch, ADeltaOfAnotherEpochIsTheWholeList) {
    put("x", "a");
    const json list = get("/v1/services/x?wait=1s&delta=1&index=00000000.1").wait().json();
    EXPECT_EQ(list["instances"].size(), 1U);
    EXPECT_FALSE(list.contains("upsert"));
}

TEST_F(Watch, SeveralServicesInOneRequest) {
    put("x", "a");
    const json first = many(R"({"services":{"x":"","y":"","*":""},"wait":"30s"})").wait().json();
    const json& changed = first["changed"];
    EXPECT_EQ(changed["x"]["instances"].size(), 1U);
    EXPECT_EQ(changed["y"]["instances"].size(), 0U);
    EXPECT_EQ(changed["*"]["services"][0]["name"], "x");
    const json request = {
        {"services",
         {{"x", changed["x"]["index"]},
          {"y", changed["y"]["index"]},
          {"*", changed["*"]["index"]}}},
        {"wait", "30s"}};
    auto watcher = many(request.dump());
    ASSERT_TRUE(parked(1));
    put("y", "b");
    const json second = watcher.wait().json();
    EXPECT_EQ(second["changed"]["y"]["instances"].size(), 1U);
    EXPECT_FALSE(second["changed"].contains("x"));
}

// Weights and metadata are not part of the list of services.
TEST_F(Watch, TheListOfServicesChangesOnlyWithItsNumbers) {
    put("x", "a");
    auto watcher = get("/v1/services?wait=30s&index=" + index_of("/v1/services"));
    ASSERT_TRUE(parked(1));
    put("x", "a", R"(,"weight":7)");
    EXPECT_EQ(watchers(), 1U);
    EXPECT_TRUE(watcher.is_waiting());
    put("x", "b");
    EXPECT_EQ(watcher.wait().json()["services"][0]["total"], 2);
}

TEST_F(Watch, EventsTellWhatHasHappened) {
    put("x", "a");
    const json latest = get("/v1/events").wait().json();
    EXPECT_EQ(latest["events"].size(), 1U);
    EXPECT_EQ(latest["events"][0]["kind"], "registered");
    auto watcher = get("/v1/events?wait=30s&after=" + latest["index"].get<std::string>());
    ASSERT_TRUE(parked(1));
    curl(
        "-X PATCH " + registry.url() + R"(/v1/services/x/instances/a -d '{"override":"draining"}')"
    );
    const json next = watcher.wait().json();
    ASSERT_EQ(next["events"].size(), 1U);
    EXPECT_EQ(next["events"][0]["kind"], "drained");
    EXPECT_EQ(next["events"][0]["id"], "a");
    EXPECT_EQ(next["events"][0]["endpoint"], "10.0.0.7:9000");
    remove("x", "a");
    const std::string after = next["index"];
    EXPECT_EQ(get("/v1/events?after=" + after).wait().json()["events"][0]["kind"], "left");
    EXPECT_EQ(get("/v1/events?after=" + index_of("/v1/events")).wait().status, 304);
}

TEST_F(Watch, AClientThatLeavesFreesItsPlace) {
    auto first = get("/v1/services/x?wait=60s&index=" + index_of("/v1/services/x"));
    auto second = get("/v1/services/x?wait=60s&index=" + index_of("/v1/services/x"));
    ASSERT_TRUE(parked(2));
    first.leave();
    EXPECT_TRUE(parked(1));
    put("x", "a");
    EXPECT_EQ(second.wait().status, 200);
}

TEST_F(Watch, AStopAnswersTheParkedOnes) {
    auto watcher = get("/v1/services/x?wait=60s&index=" + index_of("/v1/services/x"));
    ASSERT_TRUE(parked(1));
    registry.stop();
    EXPECT_EQ(watcher.wait().status, 503);
}

TEST_F(Watch, SaysWhatIsWrongWithARequest) {
    const auto error_of = [](WatchingClient client) {
        const json answer = client.wait().json();
        return client.status == 400 ? answer["message"].get<std::string>() : client.body;
    };
    EXPECT_THAT(error_of(get("/v1/services/x?wait=soon")), testing::HasSubstr("'soon'"));
    EXPECT_THAT(error_of(get("/v1/services/x?wait=-5s")), testing::HasSubstr("'-5s'"));
    EXPECT_THAT(error_of(get("/v1/services/x%20y?wait=1s")), testing::HasSubstr("service"));
    EXPECT_THAT(error_of(many("[]")), testing::HasSubstr("JSON object"));
    EXPECT_THAT(error_of(many("{}")), testing::HasSubstr("'services'"));
    EXPECT_THAT(error_of(many(R"({"services":{"x":7}})")), testing::HasSubstr("index of 'x'"));
    EXPECT_THAT(error_of(many(R"({"services":{"x":""},"wait":7})")), testing::HasSubstr("'wait'"));
    EXPECT_EQ(curl("-X PUT " + registry.url() + "/v1/watch").header("Allow"), "POST");
    EXPECT_EQ(curl("-X PUT " + registry.url() + "/v1/events").header("Allow"), "GET, HEAD");
}

TEST_F(Watch, TakesUpTo256ServicesAtOnce) {
    const auto body = [](int count) {
        json services;
        for (int i = 0; i < count; ++i)
            services["s" + std::to_string(i)] = "";
        return json{{"services", services}}.dump();
    };
    EXPECT_EQ(many(body(255)).wait().status, 200);
    EXPECT_EQ(many(body(256)).wait().status, 200);
    EXPECT_EQ(many(body(257)).wait().status, 400);
}

TEST_F(Watch, AnEtagSavesTheBody) {
    put("x", "a");
    const auto list = curl(registry.url() + "/v1/services/x");
    const std::string tag = list.header("ETag");
    EXPECT_EQ(
        curl("-H 'If-None-Match: " + tag + "' " + registry.url() + "/v1/services/x").status, 304
    );
    put("x", "b");
    EXPECT_EQ(
        curl("-H 'If-None-Match: " + tag + "' " + registry.url() + "/v1/services/x").status, 200
    );
}

class FewWatchers : public Watch {
protected:
    FewWatchers() : Watch(options()) {}

    static RegistryServerOptions options() {
        RegistryServerOptions options = tests::quiet();
        options.watchers_max = 2;
        return options;
    }
};

TEST_F(FewWatchers, AreRefusedBeyondTheLimitAndHeartbeatsAreNot) {
    put("x", "a");
    const std::string target = "/v1/services/x?wait=60s&index=" + index_of("/v1/services/x");
    auto first = get(target);
    ASSERT_TRUE(parked(1));
    auto second = get(target);
    ASSERT_TRUE(parked(2));
    EXPECT_EQ(get(target).wait().status, 503);
    EXPECT_EQ(
        curl("-X PUT " + registry.url() + "/v1/services/x/instances/a/heartbeat").status, 204
    );
    first.leave();
    ASSERT_TRUE(parked(1));
    auto third = get(target);
    EXPECT_TRUE(parked(2));
}

}  // namespace
}  // namespace rollcall::registry
