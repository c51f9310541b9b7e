// POST /rpc/METHOD: calls from curl.

#include "inspected.h"
#include "support/raw_peer.h"

#include <future>
#include <vector>

namespace rollcall::inspect::tests {
namespace {

using namespace std::chrono_literals;

class Bridge : public Inspected {
protected:
    explicit Bridge(
        InspectorOptions options = {.allow_calls = true, .body_bytes_max = 4096},
        rpc::ServerOptions server_options = rpc::ServerOptions()
    )
        : Inspected(std::move(options), std::move(server_options)) {}

    [[nodiscard]] json error(const CurlAnswer& answer) const {
        return json::parse(answer.body, nullptr, false);
    }
};

TEST_F(Bridge, CallsWithAJsonArrayAndAnswersWithTheResult) {
    const CurlAnswer sum = call("add", "[1, 2]");
    EXPECT_EQ(sum.status, 200);
    EXPECT_EQ(sum.body, "3");
    EXPECT_EQ(sum.header("Content-Type"), "application/json");
    EXPECT_EQ(
        call("echo", R"([{"b":[1,null,0.5],"a":"x"}])").body, R"({"b":[1,null,0.5],"a":"x"})"
    );
    EXPECT_EQ(call("a/b", "[]").body, "true");
    EXPECT_EQ(call("a%2Fb", "[]").body, "true");
    EXPECT_EQ(call("%24/health", "[]").status, 200);
    EXPECT_EQ(call("trace", "[]", "-H 'X-Request-Id: r-17'").body, "\"r-17\"");
}

TEST_F(Bridge, MapsErrorsToStatusAndJson) {
    const json unknown = error(call("ad", "[]"));
    EXPECT_EQ(call("ad", "[]").status, 404);
    EXPECT_EQ(unknown["error"], "method_not_found");
    EXPECT_EQ(unknown["sent"], "not_sent");
    EXPECT_NE(unknown["message"].get<std::string>().find("'add'"), std::string::npos);
    EXPECT_EQ(call("add", R"([1,"x"])").status, 400);
    EXPECT_EQ(error(call("add", R"([1,"x"])"))["error"], "invalid_arguments");
    EXPECT_EQ(call("fail", R"(["too bad"])").status, 500);
    EXPECT_EQ(error(call("fail", R"(["too bad"])"))["message"], "too bad");
    EXPECT_EQ(error(call("refuse", R"(["own"])"))["data"], 7);
}

TEST_F(Bridge, RefusesWhatIsNoCall) {
    EXPECT_EQ(call("add", "[1,2").status, 400);
    EXPECT_EQ(call("add", "{}").status, 400);
    EXPECT_EQ(call("", "[]").status, 400);
    EXPECT_EQ(call(std::string(256, 'm'), "[]").status, 400);
    EXPECT_EQ(call(std::string(255, 'm'), "[]").status, 404);
    EXPECT_EQ(get("/rpc/add", "-d '[1,2]'").status, 415) << "a form can be posted by any page";
    EXPECT_EQ(get("/rpc/add", "-H 'Content-Type: text/plain' -d '[1,2]'").status, 415);
    EXPECT_EQ(get("/rpc/add").status, 405);
    EXPECT_EQ(call("add", "[1,2]", "-H 'Origin: http://evil.example'").status, 403);
    for (const char* timeout : {"0", "-1", "x", "60.5", "nan", ""})
        EXPECT_EQ(call(std::string{"add?timeout="} + timeout, "[1,2]").status, 400) << timeout;
    EXPECT_EQ(call("add?timeout=60", "[1,2]").status, 200);
}

TEST_F(Bridge, BodiesHaveALimit) {
    const auto of_size = [](std::size_t size) {
        return "[\"" + std::string(size - 4, 'x') + "\"]";
    };
    EXPECT_EQ(call("echo", of_size(4095)).status, 200);
    EXPECT_EQ(call("echo", of_size(4096)).status, 200);
    EXPECT_EQ(call("echo", of_size(4097)).status, 413);
}

TEST_F(Bridge, CallsEndInTimeAndTheHandlerIsToldSo) {
    lingers = true;
    const CurlAnswer late = call("wait?timeout=0.2", "[]");
    EXPECT_EQ(late.status, 504);
    EXPECT_EQ(error(late)["error"], "timed_out");
    EXPECT_EQ(error(late)["sent"], "maybe_sent");
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    EXPECT_EQ(call("wait", "[]", "-H 'Rollcall-Timeout: 0.2'").status, 504);
    lingers = false;
}

TEST_F(Bridge, AClientThatGoesCancelsItsCall) {
    {
        rollcall::tests::RawPeer browser{inspector.endpoint()};
        ASSERT_TRUE(browser.send(
            "POST /rpc/wait HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\n\r\n[]"
        ));
        ASSERT_TRUE(eventually([&] { return waiting == 1; }));
    }
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
}

TEST_F(Bridge, ItsConnectionIsShownAsThisProcess) {
    ASSERT_EQ(call("add", "[1,2]").status, 200);
    const json connections = json::parse(get("/v1/connections").body);
    EXPECT_EQ(connections["connections"][0]["peer"], "this process");
    EXPECT_EQ(json::parse(get("/v1/stats").body)["methods"][1]["calls"], 1);
}

TEST_F(Bridge, SaysSoWhenTheServerIsGone) {
    ASSERT_EQ(call("add", "[1,2]").status, 200);
    server.stop(0s);
    const CurlAnswer gone = call("add?timeout=0.5", "[1,2]");
    EXPECT_GE(gone.status, 502) << gone.body;
    EXPECT_EQ(error(gone)["sent"], "not_sent") << gone.body;
}

TEST_F(Bridge, EndsWithCallsUnderWay) {
    auto under_way = std::async(std::launch::async, [&] { return call("wait", "[]").status; });
    ASSERT_TRUE(eventually([&] { return waiting == 1; }));
    server.stop(0s);
    EXPECT_GE(under_way.get(), 500);
}

class FullBridge : public Bridge {
protected:
    FullBridge() : Bridge({.allow_calls = true, .calls_max = 2}) {}
};

TEST_F(FullBridge, RefusesMoreCallsThanItsLimit) {
    std::vector<std::future<int>> held;
    for (int i = 0; i < 2; ++i) {
        held.push_back(std::async(std::launch::async, [&] {
            return call("wait?timeout=3", "[]").status;
        }));
    }
    ASSERT_TRUE(eventually([&] { return waiting == 2; }));
    const CurlAnswer more = call("add", "[1,2]");
    EXPECT_EQ(more.status, 503);
    EXPECT_EQ(more.header("Retry-After"), "1");
    server.stop(0s);
    for (auto& each : held)
        EXPECT_GE(each.get(), 500);
}

class GuardedBridge : public Bridge {
protected:
    GuardedBridge()
        : Bridge({.token = "of-admins", .allow_calls = true}, {.token = "of-callers"}) {}
};

TEST_F(GuardedBridge, CallsAServerWithATokenForThoseWhoHaveTheInspectors) {
    EXPECT_EQ(call("add", "[1,2]").status, 401);
    EXPECT_EQ(call("add", "[1,2]", "-H 'Authorization: Bearer of-callers'").status, 401);
    EXPECT_EQ(call("add", "[1,2]", "-H 'Authorization: Bearer of-admins'").body, "3");
}

}  // namespace
}  // namespace rollcall::inspect::tests
