// Statuses in Eureka's protocol: overrides, and what native and Eureka instances are to each other.
#include <rollcall/registry/instance_json.h>

#include "eureka_fixture.h"

namespace rollcall::registry {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using namespace tests;

class EurekaStatuses : public EurekaFixture {
protected:
    int override_with(const std::string& value) {
        return status_of("PUT", "/eureka/apps/HELLO/a/status?value=" + value);
    }

    int clear(const std::string& query = "") {
        return status_of("DELETE", "/eureka/apps/HELLO/a/status" + query);
    }

    int beat() { return status_of("PUT", "/eureka/apps/HELLO/a"); }

    int add_with(const std::string& status) {
        return add("hello", "a", R"(,"status":")" + status + '"');
    }

    std::string shown() { return eureka_status("HELLO", "a"); }

    std::string overridden() { return instance("HELLO", "a")["overriddenStatus"]; }

    std::string own_native() { return native("hello", "a")["status"]; }

    int put_native(const std::string& body) {
        return send("PUT", "/v1/services/hello/instances/a", "", body).status;
    }

    int patch_native(const std::string& body) {
        return send("PATCH", "/v1/services/hello/instances/a", "", body).status;
    }
};

}  // namespace

TEST_F(EurekaStatuses, AnOverrideIsSetAndCleared) {
    add("hello", "a");
    EXPECT_EQ(overridden(), "UNKNOWN");
    EXPECT_EQ(override_with("OUT_OF_SERVICE&lastDirtyTimestamp=17"), 200);
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
    EXPECT_EQ(overridden(), "OUT_OF_SERVICE");
    EXPECT_EQ(native("hello", "a")["override"], "draining");
    EXPECT_EQ(get_json("/eureka/apps")["applications"]["apps__hashcode"], "OUT_OF_SERVICE_1_");
    EXPECT_EQ(beat(), 200) << "it lives on";
    add("hello", "a");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE") << "and registering does not lift it";
    EXPECT_EQ(clear("?value=UP"), 200);
    EXPECT_EQ(shown(), "UP");
    EXPECT_EQ(overridden(), "UNKNOWN");
    EXPECT_EQ(native("hello", "a")["override"], nullptr);
    EXPECT_EQ(beat(), 200);
}

TEST_F(EurekaStatuses, AnOverrideDeletedWithoutAValueMakesTheClientRegister) {
    add("hello", "a");
    override_with("OUT_OF_SERVICE");
    EXPECT_EQ(clear(), 200);
    EXPECT_EQ(shown(), "UNKNOWN");
    EXPECT_EQ(get_json("/eureka/apps")["applications"]["apps__hashcode"], "UNKNOWN_1_");
    EXPECT_EQ(own_native(), "draining") << "nobody may call it meanwhile";
    EXPECT_EQ(beat(), 404);
    EXPECT_EQ(add("hello", "a"), 204);
    EXPECT_EQ(shown(), "UP");
    EXPECT_EQ(beat(), 200);
}

TEST_F(EurekaStatuses, OverridesOfNobodyOrWithNonsense) {
    EXPECT_EQ(override_with("DOWN"), 404);
    EXPECT_EQ(clear(), 404);
    add("hello", "a");
    for (const char* bad : {"", "up", "ASLEEP", "DOWN,UP"}) {
        const CurlAnswer answer =
            send("PUT", std::string{"/eureka/apps/HELLO/a/status?value="} + bad);
        EXPECT_EQ(answer.status, 400) << bad;
        EXPECT_THAT(answer.body, HasSubstr("it must be UP, OUT_OF_SERVICE, DOWN, STARTING"));
        EXPECT_EQ(clear(std::string{"?value="} + bad), 400);
    }
    EXPECT_EQ(status_of("PUT", "/eureka/apps/HELLO/a/status"), 400);
    EXPECT_EQ(shown(), "UP");
}

TEST_F(EurekaStatuses, EveryStatusCanOverride) {
    add("hello", "a");
    for (const char* status : {"DOWN", "STARTING", "OUT_OF_SERVICE", "UP"}) {
        EXPECT_EQ(override_with(status), 200);
        EXPECT_EQ(shown(), status);
        EXPECT_EQ(overridden(), status);
    }
    EXPECT_EQ(override_with("UNKNOWN"), 200);
    EXPECT_EQ(shown(), "UNKNOWN");
    EXPECT_EQ(beat(), 404);
    EXPECT_EQ(override_with("DOWN"), 200) << "an override of an unknown one counts";
    EXPECT_EQ(shown(), "DOWN");
}

TEST_F(EurekaStatuses, DownAndStartingOfTheClientWinOverAnOverride) {
    add("hello", "a");
    override_with("UP");
    for (const char* status : {"DOWN", "STARTING"}) {
        add_with(status);
        EXPECT_EQ(shown(), status);
        EXPECT_EQ(overridden(), "UP");
    }
    add_with("UP");
    EXPECT_EQ(shown(), "UP");
    override_with("OUT_OF_SERVICE");
    add_with("UP");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
}

TEST_F(EurekaStatuses, UpAndOutOfServiceOfTheLeaseWinOverANewRegistration) {
    add_with("OUT_OF_SERVICE");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
    EXPECT_EQ(own_native(), "draining");
    add_with("UP");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
    add_with("STARTING");
    EXPECT_EQ(shown(), "STARTING");
    add_with("UP");
    EXPECT_EQ(shown(), "UP");
    add_with("OUT_OF_SERVICE");
    EXPECT_EQ(shown(), "UP");
    add_with("DOWN");
    EXPECT_EQ(shown(), "DOWN");
}

TEST_F(EurekaStatuses, ARegistrationBringsItsOverrideUnlessThereIsOne) {
    add("hello", "a", R"(,"overriddenstatus":"OUT_OF_SERVICE")");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
    add("hello", "a", R"(,"overriddenStatus":"DOWN")");
    EXPECT_EQ(overridden(), "OUT_OF_SERVICE");
}

TEST_F(EurekaStatuses, AnOverrideEndsWithTheEntry) {
    add("hello", "a");
    override_with("OUT_OF_SERVICE");
    status_of("DELETE", "/eureka/apps/HELLO/a");
    add("hello", "a");
    EXPECT_EQ(shown(), "UP");
}

TEST_F(EurekaStatuses, AnEurekaInstanceIsSeenNatively) {
    add("hello", "a", R"(,"metadata":{"zone":"z"},"leaseInfo":{"durationInSecs":45})");
    const json seen = native("hello", "a");
    EXPECT_EQ(seen["address"], "10.0.0.7");
    EXPECT_EQ(seen["port"], 8080);
    EXPECT_EQ(seen["scheme"], "http");
    EXPECT_EQ(seen["zone"], "z");
    EXPECT_EQ(seen["ttl"], 45);
    EXPECT_EQ(seen["via"], "eureka");
    EXPECT_EQ(seen["meta"], (json{{"zone", "z"}}));
    EXPECT_FALSE(seen.contains("eureka"));
    // It is no RPC server, so header clients must not call it.
    EXPECT_EQ(send("GET", "/myRPC/registry").header("X-Myrpc-Servers"), "");
    for (const auto& [said, status] :
         {std::pair{"DOWN", "down"}, {"STARTING", "starting"}, {"UP", "up"}}) {
        add_with(said);
        EXPECT_EQ(own_native(), status);
    }
    // A heartbeat of either kind keeps it, and so does a goodbye take it off.
    EXPECT_EQ(send("PUT", "/v1/services/hello/instances/a/heartbeat").status, 204);
    EXPECT_EQ(send("DELETE", "/v1/services/hello/instances/a").status, 204);
    EXPECT_EQ(beat(), 404);
}

TEST_F(EurekaStatuses, ANativeInstanceIsSeenByEurekasClients) {
    put_native(R"({"address":"::1","port":9000,"ttl":9,"zone":"z","meta":{"k":"v"},
        "incarnation":"n1"})");
    const json seen = instance("HELLO", "a");
    EXPECT_EQ(seen["hostName"], "::1");
    EXPECT_EQ(seen["ipAddr"], "::1");
    EXPECT_EQ(seen["port"], (json{{"$", 9000}, {"@enabled", "true"}}));
    EXPECT_EQ(seen["securePort"], (json{{"$", 443}, {"@enabled", "false"}}));
    EXPECT_EQ(seen["vipAddress"], "hello");
    EXPECT_EQ(seen["secureVipAddress"], "hello");
    EXPECT_EQ(seen["dataCenterInfo"]["name"], "MyOwn");
    EXPECT_EQ(seen["leaseInfo"]["durationInSecs"], 9);
    EXPECT_EQ(seen["leaseInfo"]["renewalIntervalInSecs"], 3);
    EXPECT_EQ(
        seen["metadata"],
        (json{{"k", "v"}, {"zone", "z"}, {"rollcall.scheme", "tcp"}, {"rollcall.incarnation", "n1"}}
        )
    );
    for (const auto& [status, shown_as] :
         {std::pair{"starting", "STARTING"},
          {"draining", "OUT_OF_SERVICE"},
          {"down", "DOWN"},
          {"up", "UP"}}) {
        patch_native(std::string{R"({"status":")"} + status + "\"}");
        EXPECT_EQ(shown(), shown_as);
    }
    patch_native(R"({"status":"down","override":"up"})");
    EXPECT_EQ(shown(), "UP") << "natively an override always wins";
    EXPECT_EQ(overridden(), "UP");
    patch_native(R"({"status":"up","override":null})");
    EXPECT_EQ(send("PUT", "/eureka/apps/HELLO/a?lastDirtyTimestamp=1").status, 200);
    EXPECT_EQ(override_with("OUT_OF_SERVICE"), 200);
    EXPECT_EQ(native("hello", "a")["override"], "draining");
    EXPECT_EQ(clear(), 200);
    EXPECT_EQ(shown(), "UP") << "its own word, which no heartbeat would repeat";
    EXPECT_EQ(override_with("UNKNOWN"), 200);
    EXPECT_EQ(shown(), "UP");
    EXPECT_EQ(send("DELETE", "/eureka/apps/HELLO/a").status, 200);
    EXPECT_EQ(native("hello", "a")["error"], "not_registered");
}

// What clients of the native API make of it, what its filters find, and what Eureka's clients see.
TEST_F(EurekaStatuses, AllFacesSayTheSameOfAnOverride) {
    const std::pair<std::string, std::string> names[] = {
        {"UP", "up"}, {"OUT_OF_SERVICE", "draining"}, {"DOWN", "down"}, {"STARTING", "starting"}};
    const auto agree = [this](const std::string& shown_as, const std::string& natively) {
        EXPECT_EQ(shown(), shown_as);
        const auto read = instance_from_json(native("hello", "a").dump());
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_EQ(name_of(read->effective_status()), natively);
        const json found = get_json("/v1/services/hello?status=" + natively);
        EXPECT_EQ(found["instances"].size(), 1U);
    };
    for (const auto& [said, own] : names) {
        for (const auto& [set, override_to] : names) {
            SCOPED_TRACE(said + ", set to " + set);
            send("DELETE", "/eureka/apps/HELLO/a");
            add_with(said);
            const bool refuses = said == "DOWN" || said == "STARTING";
            ASSERT_EQ(override_with(set), 200);
            agree(refuses ? said : set, refuses ? own : override_to);
            // The other way to set it.
            ASSERT_EQ(patch_native(R"({"override":null})"), 200);
            agree(said, own);
            ASSERT_EQ(patch_native(R"({"override":")" + override_to + "\"}"), 200);
            agree(refuses ? said : set, refuses ? own : override_to);
        }
    }
    add_with("UP");
    EXPECT_EQ(clear(), 200);
    agree("UNKNOWN", "draining");
    EXPECT_EQ(override_with("UP"), 200);
    agree("UP", "up");
}

TEST_F(EurekaStatuses, DrainingNativelyIsAnOverrideHere) {
    add("hello", "a");
    patch_native(R"({"override":"draining"})");
    EXPECT_EQ(shown(), "OUT_OF_SERVICE");
    patch_native(R"({"override":null})");
    EXPECT_EQ(shown(), "UP");
    EXPECT_EQ(instance("HELLO", "a")["vipAddress"], "hello") << "nothing was lost by that";
}

// F16: Eureka's clients have no incarnation, so nobody can tell: the last writer wins.
TEST_F(EurekaStatuses, TheLastWriterWins) {
    put_native(R"({"address":"10.0.0.1","port":1,"incarnation":"one"})");
    add("hello", "a");
    EXPECT_EQ(native("hello", "a")["via"], "eureka");
    EXPECT_EQ(send("PUT", "/v1/services/hello/instances/a/heartbeat?incarnation=one").status, 409);
    put_native(R"({"address":"10.0.0.2","port":2,"incarnation":"two"})");
    EXPECT_EQ(instance("HELLO", "a")["ipAddr"], "10.0.0.2");
    EXPECT_EQ(instance("HELLO", "a")["homePageUrl"], "") << "and brings nothing of the other";
    add("hello", "a");
    EXPECT_EQ(instance("HELLO", "a")["ipAddr"], "10.0.0.7");
}

}  // namespace rollcall::registry
