#include <rollcall/rpc/access_log.h>
#include <rollcall/rpc/bearer_auth.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>
#include <rollcall/rpc/trace.h>

#include "support/eventually.h"
#include "support/kept_log.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;
using rollcall::tests::KeptLog;

class AccessLogs : public testing::Test {
protected:
    Client& start(AccessLogOptions options = AccessLogOptions()) {
        server.use(access_log(log.log(), options));
        server.use(request_ids());
        server.use(trace());
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle("note", [] {});
        server.handle("fail", []() -> Result<int> { return Error{Errc::remote_error, "n\no"}; });
        server.handle("slow", [](int ms) -> asio::awaitable<int> {
            asio::steady_timer timer{
                co_await asio::this_coro::executor, std::chrono::milliseconds{ms}};
            co_await timer.async_wait(asio::use_awaitable);
            co_return ms;
        });
        server.start();
        ClientOptions calling;
        calling.middleware = {access_log(client_log.log()), request_ids()};
        client.emplace(server.endpoint(), std::move(calling));
        return *client;
    }

    KeptLog log;
    KeptLog client_log;
    Server server;
    std::optional<Client> client;
};

TEST_F(AccessLogs, HaveALineForEachCallOnBothEnds) {
    EXPECT_TRUE(start().call(invoke<int>("add", 1, 2).within(20s)));
    EXPECT_EQ(log.count("served add for 127.0.0.1:"), 1U);
    EXPECT_EQ(log.count(": ok in "), 1U);
    EXPECT_EQ(log.count(" bytes in, "), 1U);
    EXPECT_EQ(log.count(", trace-id "), 1U);
    EXPECT_EQ(client_log.count("called add at " + server.endpoint().to_string() + ": ok in "), 1U);
    EXPECT_EQ(client_log.count("", LogLevel::warning), 0U);
}

TEST_F(AccessLogs, NameOneRequestAlikeOnBothEnds) {
    EXPECT_TRUE(
        start().call(invoke<int>("add", 1, 2).within(20s).with(kRequestId, "the-one-we-look-for"))
    );
    EXPECT_EQ(log.count("request-id the-one-we-look-for"), 1U);
    EXPECT_EQ(client_log.count("request-id the-one-we-look-for"), 1U);
}

TEST_F(AccessLogs, WarnOfErrorsAndEscapeWhatPeersSend) {
    EXPECT_FALSE(start().call(invoke<int>("fail")));
    EXPECT_FALSE(client->call(invoke<int>("no\nsuch")));
    EXPECT_EQ(log.count("ERROR (n\\x0ao)", LogLevel::warning), 1U);
    EXPECT_EQ(log.count("served no\\x0asuch for", LogLevel::warning), 1U);
    EXPECT_EQ(log.count("NOT_FOUND (", LogLevel::warning), 1U);
    EXPECT_EQ(log.count("\n"), 0U);
    EXPECT_EQ(client_log.count("ERROR (", LogLevel::warning), 1U);
}

TEST_F(AccessLogs, TellNotificationsFromCalls) {
    start().notify(invoke<void>("note"));
    EXPECT_TRUE(eventually([&] { return log.count("took note note for ") == 1; }));
    EXPECT_EQ(client_log.count("sent note note at "), 1U);
}

TEST_F(AccessLogs, WarnOfWhatIsSlow) {
    AccessLogOptions options;
    options.slow = 5ms;
    options.every = 0;
    EXPECT_TRUE(start(options).call(invoke<int>("slow", 6)));
    EXPECT_EQ(log.count("served slow for", LogLevel::warning), 1U);
    EXPECT_EQ(log.count(", slow", LogLevel::warning), 1U);
}

TEST_F(AccessLogs, TakeOneOfSoManyThatEndWell) {
    AccessLogOptions options;
    options.every = 4;
    start(options);
    for (int i = 0; i < 9; ++i)
        EXPECT_TRUE(client->call(invoke<int>("add", 1, 2)));
    EXPECT_EQ(log.count("served add"), 3U) << "the first, the fifth and the ninth";
    EXPECT_FALSE(client->call(invoke<int>("fail")));
    EXPECT_EQ(log.count("served fail"), 1U) << "failures are not left out";
}

TEST_F(AccessLogs, AreSilentWhereTheLogIs) {
    AccessLogOptions options;
    options.every = 0;
    EXPECT_TRUE(start(options).call(invoke<int>("add", 1, 2)));
    EXPECT_EQ(log.count("served"), 0U);
}

}  // namespace
}  // namespace rollcall::rpc
