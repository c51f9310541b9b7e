// The adapter of the registry's own API, against answers written by hand.
#include <rollcall/registry/native_registry.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using tests::ok_response;
using tests::ScriptedServer;

std::string response(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Instance instance_named(const std::string& id) {
    Instance instance;
    instance.service = "arith";
    instance.id = id;
    instance.address = "127.0.0.1";
    instance.port = 9000;
    instance.incarnation = "4f2a91c07be3";
    return instance;
}

// Gives the answers one after another, the last one for ever, and keeps the requests.
class NativeRegistry {
public:
    explicit NativeRegistry(std::vector<std::string> answers)
        : server_(tests::answering([this, answers](const std::string& request) {
              requests.push_back(request);
              return answers[std::min(requests.size(), answers.size()) - 1];
          })) {}

    [[nodiscard]] http::Url url() const { return http::Url::parse(server_.url()).value(); }

    std::vector<std::string> requests;  // read it when the client is idle

private:
    ScriptedServer server_;
};

const std::string kLease = R"({"ttl":15,"interval":2.5,"index":"e7.1","incarnation":"x"})";

TEST(NativeAnnouncer, PutsRenewsAndDeletes) {
    NativeRegistry registry{
        {response(201, kLease),
         ok_response(R"({"interval":5,"missing":["arith/a:1"],"replaced":["arith/b"]})"),
         "HTTP/1.1 204 No Content\r\n\r\n"}};
    NativeAnnouncer announcer{registry.url()};
    const Lease announced = announcer.announce({instance_named("a:1")}, Deadline::in(5s)).value();
    EXPECT_EQ(announced.interval, 2500ms);
    EXPECT_THAT(announced.replaced, IsEmpty());
    const Lease renewed = announcer.renew(Deadline::in(5s)).value();
    EXPECT_EQ(renewed.interval, 5s);
    EXPECT_THAT(renewed.missing, ElementsAre("arith/a:1"));
    EXPECT_THAT(renewed.replaced, ElementsAre("arith/b"));
    EXPECT_TRUE(announcer.withdraw(Deadline::in(5s)).has_value());

    ASSERT_EQ(registry.requests.size(), 3U);
    EXPECT_THAT(
        registry.requests[0], StartsWith("PUT /v1/services/arith/instances/a%3A1 HTTP/1.1\r\n")
    );
    EXPECT_THAT(registry.requests[0], HasSubstr(R"("address":"127.0.0.1")"));
    EXPECT_THAT(registry.requests[1], StartsWith("POST /v1/heartbeat HTTP/1.1\r\n"));
    EXPECT_THAT(
        registry.requests[1],
        HasSubstr(R"({"instances":[{"id":"a:1","incarnation":"4f2a91c07be3","service":"arith"}]})")
    );
    EXPECT_THAT(
        registry.requests[2],
        StartsWith("DELETE /v1/services/arith/instances/a%3A1?incarnation=4f2a91c07be3 HTTP/1.1")
    );
}

TEST(NativeAnnouncer, ConflictIsReplacedAndNoError) {
    NativeRegistry registry{{response(409, R"({"error":"replaced","message":"x"})")}};
    NativeAnnouncer announcer{registry.url()};
    const Lease lease = announcer.announce({instance_named("a")}, Deadline::in(5s)).value();
    EXPECT_THAT(lease.replaced, ElementsAre("arith/a"));
    EXPECT_TRUE(announcer.withdraw(Deadline::in(5s)).has_value());
}

TEST(NativeAnnouncer, RefusalSaysWhatTheRegistrySays) {
    NativeRegistry registry{{response(400, R"({"error":"bad","message":"weight is too big"})")}};
    NativeAnnouncer announcer{registry.url()};
    const auto refused = announcer.announce({instance_named("a")}, Deadline::in(5s));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), Errc::registry_failed);
    EXPECT_THAT(refused.error().message(), HasSubstr("answered 400: weight is too big"));
    EXPECT_THAT(refused.error().message(), HasSubstr("PUT http://127.0.0.1:"));
}

TEST(NativeAnnouncer, OtherWebServersAreNotRegistries) {
    for (const std::string body : {"<html>hello</html>", "[]", "{}", R"({"interval":"5"})"}) {
        NativeRegistry registry{{ok_response(body)}};
        NativeAnnouncer announcer{registry.url()};
        const auto lease = announcer.announce({instance_named("a")}, Deadline::in(5s));
        ASSERT_FALSE(lease.has_value()) << body;
        EXPECT_THAT(lease.error().message(), HasSubstr("not a Rollcall registry"));
    }
}

TEST(NativeAnnouncer, IntervalsOfAHostileRegistryAreBounded) {
    for (const std::string interval : {"-5", "0", "1e300", "-1e300"}) {
        NativeRegistry registry{{ok_response("{\"interval\":" + interval + "}")}};
        NativeAnnouncer announcer{registry.url()};
        const Lease lease = announcer.announce({instance_named("a")}, Deadline::in(5s)).value();
        EXPECT_GE(lease.interval, 10ms);
        EXPECT_LE(lease.interval, 1h);
    }
}

TEST(NativeAnnouncer, CancelledStaysCancelledAndAwayIsAFailedRegistry) {
    NativeAnnouncer announcer{http::Url::parse("http://127.0.0.1:1").value()};
    EXPECT_EQ(announcer.renew(Deadline::in(5s)).error().code(), Errc::registry_failed);
    std::stop_source stop;
    stop.request_stop();
    const auto cancelled = announcer.renew(Deadline::in(5s), stop.get_token());
    EXPECT_EQ(cancelled.error().code(), Errc::cancelled);
}

TEST(NativeSource, ReadsEachService) {
    const std::string list =
        R"({"index":"e7.9","instances":[{"service":"arith","id":"a","address":"127.0.0.1",)"
        R"("port":9000,"status":"draining","meta":{"k":"v"}}]})";
    NativeRegistry registry{{ok_response(list), ok_response(R"({"index":"e7.1","instances":[]})")}};
    NativeSource source{registry.url()};
    const auto snapshots = source.read({"arith", "none"}, Deadline::in(5s)).value();
    ASSERT_EQ(snapshots.size(), 2U);
    EXPECT_EQ(snapshots[0].service, "arith");
    EXPECT_EQ(snapshots[0].index, "e7.9");
    ASSERT_EQ(snapshots[0].instances.size(), 1U);
    EXPECT_EQ(snapshots[0].instances[0].endpoint(), (Endpoint{"127.0.0.1", 9000}));
    EXPECT_EQ(snapshots[0].instances[0].status, Status::draining);
    EXPECT_THAT(snapshots[1].instances, IsEmpty());
    EXPECT_THAT(registry.requests[1], StartsWith("GET /v1/services/none HTTP/1.1\r\n"));
}

TEST(NativeSource, ErrorsAreNotEmptyLists) {
    for (const std::string& answer :
         {response(503, R"({"error":"warming_up","message":"come back later"})"),
          response(404, "nothing here"),
          ok_response("<html>"),
          ok_response("")}) {
        NativeRegistry registry{{answer}};
        NativeSource source{registry.url()};
        const auto snapshots = source.read({"arith"}, Deadline::in(5s));
        ASSERT_FALSE(snapshots.has_value()) << answer;
        EXPECT_EQ(snapshots.error().code(), Errc::registry_failed);
    }
}

// A proxy in front of the registry let only GET through: the list was read and the wait refused,
// without a pause and with two lines in the log each time.
TEST(NativeSource, WhoMayReadAndNotWaitIsToldToReadOnTime) {
    const std::pair<int, Errc> cases[] = {
        {400, Errc::overloaded},
        {401, Errc::registry_failed},  // a token that was taken back: reads fail as well
        {403, Errc::overloaded},
        {404, Errc::overloaded},
        {405, Errc::overloaded},
        {429, Errc::overloaded},
        {500, Errc::registry_failed},
        {501, Errc::overloaded},
        {502, Errc::registry_failed},
        {503, Errc::overloaded},
    };
    for (const auto& [status, code] : cases) {
        NativeRegistry registry{{response(status, "only GET")}};
        NativeSource source{registry.url()};
        const auto news = source.wait({{"arith", "e7.9"}}, 1s, Deadline::in(5s));
        ASSERT_FALSE(news) << status;
        EXPECT_EQ(news.error().code(), code) << status;
        EXPECT_THAT(news.error().message(), HasSubstr("answered " + std::to_string(status)));
    }
}

}  // namespace
}  // namespace rollcall::registry
