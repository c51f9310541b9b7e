// How a process keeps itself listed in a server that follows Netflix's rules.
#include <rollcall/registry/connect.h>

#include "registry/netflix_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::NetflixServer;

constexpr const char* kId = "127.0.0.1:9000";
constexpr const char* kPath = "/eureka/v2/apps/CALCULATOR/127.0.0.1%3A9000";

Instance instance_of(const std::string& incarnation) {
    Instance instance;
    instance.service = "calculator";
    instance.id = kId;
    instance.address = "127.0.0.1";
    instance.port = 9000;
    instance.incarnation = incarnation;
    return instance;
}

class EurekaAnnouncers : public ::testing::Test {
protected:
    // A process of its own.
    [[nodiscard]] std::unique_ptr<Announcer> process() const {
        return std::move(connect(server.url()).value().announcer);
    }

    Result<Lease> announce(const Instance& instance) {
        return announcer->announce({instance}, Deadline::in(5s));
    }

    Result<Lease> renew() { return announcer->renew(Deadline::in(5s)); }

    Result<void> withdraw() { return announcer->withdraw(Deadline::in(5s)); }

    NetflixServer server;
    std::unique_ptr<Announcer> announcer = process();
};

TEST_F(EurekaAnnouncers, RegisterRenewAndLeave) {
    Lease lease = announce(instance_of("n1")).value();
    EXPECT_EQ(lease.interval, 30s);
    EXPECT_THAT(lease.missing, IsEmpty());
    EXPECT_THAT(
        server.take_requests(),
        ElementsAre(std::string{"GET "} + kPath, "POST /eureka/v2/apps/CALCULATOR")
    );
    EXPECT_THAT(renew().value().missing, IsEmpty());
    EXPECT_THAT(
        server.take_requests(),
        ElementsAre(std::string{"PUT "} + kPath, std::string{"GET "} + kPath)
    );
    EXPECT_TRUE(withdraw());
    EXPECT_TRUE(server.listed(kId).is_null());
    EXPECT_TRUE(withdraw()) << "whoever is not listed has left";
}

TEST_F(EurekaAnnouncers, RefuseWhatHasNoHostAndPort) {
    Instance instance = instance_of("n1");
    instance.address = "unix:/run/x.sock";
    instance.port = 0;
    const auto refused = announce(instance);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), HasSubstr("not unix:/run/x.sock"));
    EXPECT_THAT(server.take_requests(), IsEmpty());
}

TEST_F(EurekaAnnouncers, SendWhatEveryServerAndDashboardNeeds) {
    Instance instance = instance_of("n1");
    instance.zone = "a";
    instance.meta = {{"k", "v"}};
    ASSERT_TRUE(announce(instance));
    const json listed = server.listed(kId);
    EXPECT_EQ(listed["app"], "CALCULATOR");
    EXPECT_EQ(listed["hostName"], "127.0.0.1");
    EXPECT_EQ(listed["ipAddr"], "127.0.0.1");
    EXPECT_EQ(listed["status"], "UP");
    EXPECT_EQ(listed["port"], (json{{"$", 9000}, {"@enabled", "true"}}));
    EXPECT_EQ(listed["securePort"]["@enabled"], "false");
    EXPECT_EQ(listed["dataCenterInfo"]["name"], "MyOwn");
    EXPECT_EQ(listed["vipAddress"], "calculator");
    EXPECT_EQ(listed["statusPageUrl"], "tcp://127.0.0.1:9000");
    EXPECT_EQ(listed["leaseInfo"]["durationInSecs"], 90);
    EXPECT_EQ(listed["leaseInfo"]["renewalIntervalInSecs"], 30);
    EXPECT_EQ(listed["metadata"]["rollcall.scheme"], "tcp");
    EXPECT_EQ(listed["metadata"]["zone"], "a");
    EXPECT_EQ(listed["metadata"]["k"], "v");
    // The server's clock decides what is newer.
    EXPECT_FALSE(listed.contains("lastDirtyTimestamp"));
}

TEST_F(EurekaAnnouncers, AskForTheLeaseThatTheInstanceWants) {
    struct {
        std::chrono::milliseconds ttl;
        std::chrono::milliseconds interval;
        int seconds;
    } const cases[] = {
        {300ms, 100ms, 1},
        {1000ms, 333ms, 1},
        {1001ms, 333ms, 2},
        {15s, 5s, 15},
        {89'999ms, 29'999ms, 90},
        {90s, 30s, 90},
        {91s, 30s, 91},
        {1h, 30s, 3600},
    };

    for (const auto& each : cases) {
        Instance instance = instance_of("n1");
        instance.ttl = each.ttl;
        EXPECT_EQ(announce(instance).value().interval, each.interval) << each.seconds;
        EXPECT_EQ(renew().value().interval, each.interval) << each.seconds;
        EXPECT_EQ(server.listed(kId)["leaseInfo"]["durationInSecs"], each.seconds);
    }
}

TEST_F(EurekaAnnouncers, SayThatTheServerHasForgotten) {
    ASSERT_TRUE(announce(instance_of("n1")));
    server.forget();
    EXPECT_THAT(renew().value().missing, ElementsAre("calculator/127.0.0.1:9000"));
    ASSERT_TRUE(announce(instance_of("n1")));
    EXPECT_THAT(renew().value().missing, IsEmpty());
    EXPECT_FALSE(server.listed(kId).is_null());
}

// A plain registration with OUT_OF_SERVICE is not heeded while the server has UP, nor the other way
// round.
TEST_F(EurekaAnnouncers, DrainAndComeBackUnderNetflixRules) {
    Instance instance = instance_of("n1");
    for (const auto& [status, listed] :
         {std::pair{Status::up, "UP"},
          {Status::draining, "DOWN"},
          {Status::up, "UP"},
          {Status::down, "DOWN"},
          {Status::starting, "STARTING"},
          {Status::up, "UP"}}) {
        instance.status = status;
        ASSERT_TRUE(announce(instance));
        EXPECT_EQ(server.listed(kId)["status"], listed);
        EXPECT_EQ(
            server.listed(kId)["metadata"].value("rollcall.status", ""),
            status == Status::draining ? "draining" : ""
        );
    }
}

TEST_F(EurekaAnnouncers, LearnThatANewerProcessHasTheId) {
    ASSERT_TRUE(announce(instance_of("older")));
    const auto newer = process();
    ASSERT_TRUE(newer->announce({instance_of("newer")}, Deadline::in(5s)));
    const Lease lease = renew().value();
    EXPECT_THAT(lease.replaced, ElementsAre("calculator/127.0.0.1:9000"));
    EXPECT_THAT(newer->renew(Deadline::in(5s)).value().replaced, IsEmpty());
    // Neither a late change of status nor a late goodbye touches the newer one.
    Instance draining = instance_of("older");
    draining.status = Status::draining;
    EXPECT_THAT(announce(draining).value().replaced, ElementsAre("calculator/127.0.0.1:9000"));
    EXPECT_TRUE(withdraw());
    EXPECT_EQ(server.listed(kId)["metadata"]["rollcall.incarnation"], "newer");
    EXPECT_EQ(server.listed(kId)["status"], "UP");
}

// Several servers behind one address: a look may come to one that is behind.
TEST_F(EurekaAnnouncers, DoNotTakeTheirPredecessorForASuccessor) {
    ASSERT_TRUE(process()->announce({instance_of("predecessor")}, Deadline::in(5s)));
    const json before = server.listed(kId);
    ASSERT_TRUE(announce(instance_of("n1")));
    server.list(kId, before);
    EXPECT_THAT(renew().value().replaced, IsEmpty());
    json after = before;
    after["metadata"]["rollcall.incarnation"] = "successor";
    server.list(kId, after);
    EXPECT_THAT(renew().value().replaced, ElementsAre("calculator/127.0.0.1:9000"));
}

TEST_F(EurekaAnnouncers, StayWhenTheLookFails) {
    ASSERT_TRUE(announce(instance_of("n1")));
    server.refuse("GET", 503);
    EXPECT_THAT(renew().value().replaced, IsEmpty());
    EXPECT_TRUE(announce(instance_of("n1")));
    EXPECT_TRUE(withdraw());
    EXPECT_TRUE(server.listed(kId).is_null());
}

TEST_F(EurekaAnnouncers, SayWhatTheServerRefused) {
    server.refuse("POST", 400);
    const auto refused = announce(instance_of("n1"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::registry_failed);
    EXPECT_THAT(
        refused.error().message(),
        HasSubstr("/eureka/v2/apps/CALCULATOR: the registry answered 400: refused, as asked")
    );
    server.refuse("POST", 409);
    EXPECT_THAT(
        announce(instance_of("n1")).value().replaced, ElementsAre("calculator/127.0.0.1:9000")
    );
    server.refuse("POST", 200);
    EXPECT_TRUE(announce(instance_of("n1"))) << "some servers say 200 instead of 204";
    server.refuse("POST", 0);
    ASSERT_TRUE(announce(instance_of("n1")));
    server.refuse("PUT", 500);
    EXPECT_FALSE(renew());
    server.refuse("DELETE", 500);
    EXPECT_FALSE(withdraw());
    server.refuse("DELETE", 404);
    EXPECT_TRUE(withdraw());
}

TEST_F(EurekaAnnouncers, KeepSeveralInstances) {
    Instance other = instance_of("n1");
    other.id = "b";
    ASSERT_TRUE(announcer->announce({instance_of("n1"), other}, Deadline::in(5s)));
    EXPECT_FALSE(server.listed(kId).is_null());
    EXPECT_FALSE(server.listed("b").is_null());
    server.forget();
    ASSERT_TRUE(process()->announce({other}, Deadline::in(5s)));
    EXPECT_THAT(renew().value().missing, ElementsAre("calculator/127.0.0.1:9000"));
}

}  // namespace
}  // namespace rollcall::registry
