// What the adapter makes of answers that the etcd at hand does not give.
#include <rollcall/base/base64.h>
#include <rollcall/registry/connect.h>

#include "http/scripted_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::registry {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kDenied =
    R"({"result":{"created":true,"canceled":true,"cancel_reason":"rpc error: code = )"
    R"(PermissionDenied desc = etcdserver: permission denied"}})";

std::string entry(int revision) {
    return R"({"key":")" + base64_encoded("services/calculator/x") + R"(","value":")" +
           base64_encoded(R"({"Addr":"10.0.0.1:9"})") + R"(","mod_revision":")" +
           std::to_string(revision) + R"("})";
}

// A store at a revision whose ranges hold `lists`.
std::string store(int revision, const std::string& lists) {
    return R"({"header":{"cluster_id":"7","revision":")" + std::to_string(revision) +
           R"("},"succeeded":true,"responses":[)" + lists + "]}";
}

class EtcdAnswers : public ::testing::Test {
protected:
    // Each connection serves one request: the source has two of them.
    [[nodiscard]] std::string serve(const std::string& request) {
        const auto path = request.substr(5, request.find(' ', 5) - 5);
        paths.push_back(path);
        std::string body = transaction;
        if (path == "/v3/auth/authenticate")
            body = R"({"token":"t)" + std::to_string(++tokens) + R"("})";
        if (path == "/v3/watch") body = watch(request);
        if (path == "/v3/lease/grant") body = R"({"header":{"revision":"2"},"ID":"5",)" + ttl + "}";
        if (path == "/v3/lease/keepalive") body = R"({"result":{"ID":"5",)" + ttl + "}}";
        if (path == "/v3/kv/txn") transactions.push_back(request.substr(request.find("\r\n\r\n")));
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    [[nodiscard]] Connection connected(const std::string& query = "") const {
        return connect("etcd://" + server.endpoint().to_string() + query, {"sesame", {}}).value();
    }

    [[nodiscard]] long asked(const std::string& path) const {
        return std::count(paths.begin(), paths.end(), path);
    }

    int tokens = 0;
    std::string transaction = store(3, R"({"response_range":{}},{"response_range":{}})");
    std::string ttl = R"("TTL":"15")";
    std::function<std::string(const std::string&)> watch;
    std::vector<std::string> paths;
    std::vector<std::string> transactions;
    tests::ScriptedServer server{
        tests::answering([this](const std::string& request) { return serve(request); })};
};

// Up to 3.5.5, at which a watch did not log in again for ever.
TEST_F(EtcdAnswers, ATokenThatIsLostIsPermissionDeniedToAWatchThatThenLogsInAgain) {
    const Connection one = connected("?user=root");
    const auto list = one.source->read({"calculator"}, Deadline::in(5s)).value().at(0);
    watch = [this](const std::string& request) -> std::string {
        // The second one is the watch's first.
        if (request.find("Authorization: t2\r\n") != std::string::npos) return kDenied;
        transaction =
            store(4, R"({"response_range":{"kvs":[)" + entry(4) + R"(]}},{"response_range":{}})");
        return R"({"result":{"events":[{"kv":)" + entry(4) + "}]}}";
    };
    const auto news = one.source->wait({{"calculator", list.index}}, 5s, Deadline::in(10s));
    ASSERT_TRUE(news) << news.error().message();
    ASSERT_EQ(news->size(), 1U);
    EXPECT_EQ(news->at(0).instances.size(), 1U);
    EXPECT_EQ(tokens, 3);
}

TEST_F(EtcdAnswers, WhoMayReadAndNotWatchIsToldToReadOnTimeAfterOneMoreLogin) {
    watch = [](const std::string&) { return kDenied; };
    for (const auto& [query, watches] : {std::pair{"?user=root", 2}, std::pair{"", 1}}) {
        paths.clear();
        const Connection one = connected(query);
        const auto list = one.source->read({"calculator"}, Deadline::in(5s)).value().at(0);
        const auto denied = one.source->wait({{"calculator", list.index}}, 5s, Deadline::in(10s));
        ASSERT_FALSE(denied);
        EXPECT_EQ(denied.error().code(), Errc::overloaded);
        EXPECT_THAT(denied.error().message(), HasSubstr("permission denied"));
        EXPECT_EQ(asked("/v3/watch"), watches);
    }
}

TEST_F(EtcdAnswers, AnAnswerThatHoldsNotAllListsIsAnErrorAndNoEmptyList) {
    const std::string one = R"({"response_range":{}})";
    const Connection connection = connected();
    const auto read = [&] { return connection.source->read({"calculator"}, Deadline::in(5s)); };
    EXPECT_THAT(read().value().at(0).instances, IsEmpty());
    for (const std::string& answer :
         {std::string{R"({"header":{"cluster_id":"7","revision":"3"},"succeeded":true})"},
          std::string{R"({"header":{"cluster_id":"7","revision":"3"},"responses":{}})"},
          store(3, ""),
          store(3, one),
          store(3, one + "," + one + "," + one)}) {
        transaction = answer;
        const auto torn = read();
        ASSERT_FALSE(torn) << answer;
        EXPECT_EQ(torn.error().code(), Errc::registry_failed);
        EXPECT_THAT(torn.error().message(), HasSubstr("not one list for each"));
    }
}

// It overflowed when it was made milliseconds of.
TEST_F(EtcdAnswers, ALeaseIsTakenForADayAtMost) {
    Instance instance;
    instance.service = "calculator";
    instance.id = "a";
    instance.address = "127.0.0.1";
    instance.port = 9000;
    const std::pair<std::int64_t, int> cases[] = {
        {1, 1},
        {86399, 86399},
        {86400, 86400},
        {86401, 86400},
        {std::numeric_limits<std::int64_t>::max() / 1000 + 1, 86400},
        {std::numeric_limits<std::int64_t>::max(), 86400}};
    for (const auto& [granted, taken] : cases) {
        ttl = R"("TTL":")" + std::to_string(granted) + R"(")";
        transactions.clear();
        const Connection one = connected();
        const auto lease = one.announcer->announce({instance}, Deadline::in(5s));
        ASSERT_TRUE(lease) << lease.error().message();
        const std::chrono::milliseconds interval =
            std::min<std::chrono::milliseconds>(std::chrono::milliseconds{taken * 1000} / 3, 1h);
        EXPECT_EQ(lease->interval, interval) << granted;
        ASSERT_EQ(transactions.size(), 1U);
        const json put = json::parse(transactions[0])["success"][0]["request_put"];
        const auto value = base64_decoded(put["value"].get<std::string>()).value();
        EXPECT_EQ(json::parse(value)["ttl"], taken) << granted;
        EXPECT_EQ(one.announcer->renew(Deadline::in(5s)).value().interval, interval) << granted;
    }
}

// It made each login throw.
TEST_F(EtcdAnswers, AUserThatIsNoTextIsRefusedInTheUrl) {
    for (const char* user : {"%ff", "a%00", "a%0ab"}) {
        const auto refused = connect(std::string{"etcd://h?user="} + user, {"sesame", {}});
        ASSERT_FALSE(refused) << user;
        EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
        EXPECT_THAT(refused.error().message(), HasSubstr("user must be a name of 1 to 255 bytes"));
    }
    EXPECT_TRUE(connect("etcd://h?user=J%C3%B6rg", {"sesame", {}}));
}

}  // namespace
}  // namespace rollcall::registry
