#include <rollcall/rpc/access_log.h>
#include <rollcall/rpc/bearer_auth.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/kept_log.h"

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

namespace rollcall::rpc {
namespace {

using rollcall::tests::KeptLog;

asio::awaitable<Result<Principal>> introspect(std::string token) {
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    if (token != "good") co_return Error{Errc::unauthenticated, "the token has been revoked"};
    co_return Principal{"ada"};
}

class BearerAuthOf : public testing::Test {
protected:
    void start(MiddlewarePtr auth) {
        server.use(access_log(log.log()));
        server.use(std::move(auth));
        server.handle("who", [this](Context& context) {
            ++executed;
            const auto* const who = context.attached<Principal>();
            return who != nullptr ? who->name : std::string{"nobody"};
        });
        server.handle("token", [](Context& context) {
            return context.metadata().contains(kAuthorization);
        });
        server.start();
        client.emplace(server.endpoint());
    }

    Result<std::string> who(const std::string& authorization) {
        return client->call(invoke<std::string>("who").with(kAuthorization, authorization));
    }

    void expect_refused(const Result<std::string>& result, const std::string& why) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::unauthenticated);
        EXPECT_EQ(result.error().sent(), Sent::not_sent);
        EXPECT_NE(result.error().message().find(why), std::string::npos)
            << result.error().message();
        EXPECT_EQ(executed, 0);
    }

    KeptLog log;
    TokenSet tokens{{{"good", "ada"}}};
    std::atomic<int> executed{0};
    Server server;
    std::optional<Client> client;
};

TEST_F(BearerAuthOf, HandlersSeeWhoHasCalled) {
    start(bearer_auth(tokens));
    EXPECT_EQ(who("Bearer good").value(), "ada");
    EXPECT_EQ(who("bEARER   good").value(), "ada") << "RFC 9110: the scheme has no case";
    EXPECT_FALSE(client->call(invoke<bool>("token").with(kAuthorization, "Bearer good")).value());
}

TEST_F(BearerAuthOf, WhatIsNoValidTokenIsNotExecuted) {
    start(bearer_auth(tokens));
    expect_refused(client->call(invoke<std::string>("who")), "this method needs a token");
    expect_refused(who("Bearer bad"), "the token is not valid");
    expect_refused(who("Bearer "), "is not 'Bearer TOKEN'");
    expect_refused(who("Basic good"), "is not 'Bearer TOKEN'");
    expect_refused(who("good"), "is not 'Bearer TOKEN'");
    expect_refused(who("Bearer go od"), "is not 'Bearer TOKEN'");
    EXPECT_EQ(log.count("bad"), 0U) << "tokens are in no log";
    EXPECT_EQ(log.count("UNAUTHENTICATED", LogLevel::warning), 6U);
}

TEST_F(BearerAuthOf, TokensAreReplacedWhileItServes) {
    start(bearer_auth(tokens));
    EXPECT_TRUE(who("Bearer good"));
    executed = 0;
    tokens.replace({{"better", "ada"}});
    expect_refused(who("Bearer good"), "the token is not valid");
    EXPECT_EQ(who("Bearer better").value(), "ada");
}

TEST_F(BearerAuthOf, ALimitedLength) {
    BearerAuthOptions options;
    options.max_token_bytes = 4;
    start(bearer_auth(TokenSet{{{"goo", "x"}, {"good", "y"}, {"gooder", "z"}}}, options));
    EXPECT_EQ(who("Bearer goo").value(), "x");
    EXPECT_EQ(who("Bearer good").value(), "y");
    executed = 0;
    expect_refused(who("Bearer gooder"), "6 bytes; the limit is 4");
}

TEST_F(BearerAuthOf, SomeMethodsMayBeOpen) {
    BearerAuthOptions options;
    options.open_methods = {"who", "$/methods"};
    options.keep_token = true;
    start(bearer_auth(tokens, options));
    EXPECT_EQ(client->call(invoke<std::string>("who")).value(), "nobody");
    EXPECT_FALSE(client->call(invoke<bool>("token")));
    EXPECT_TRUE(client->call(invoke<bool>("token").with(kAuthorization, "Bearer good")).value());
}

TEST_F(BearerAuthOf, SomebodyElseMayBeAsked) {
    start(bearer_auth(introspect));
    expect_refused(who("Bearer bad"), "the token has been revoked");
    EXPECT_EQ(who("Bearer good").value(), "ada");
}

TEST_F(BearerAuthOf, WhoIsAskedIsAskedForEachCall) {
    std::atomic<int> asked{0};
    start(bearer_auth([&](std::string token) {
        ++asked;
        return introspect(std::move(token));
    }));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(who("Bearer good").value(), "ada");
    EXPECT_EQ(asked, 3);
}

TEST_F(BearerAuthOf, ButNotAgainForATokenThatIsKept) {
    std::atomic<int> asked{0};
    BearerAuthOptions options;
    options.keep_valid = std::chrono::hours{1};
    start(bearer_auth(
        [&](std::string token) {
            ++asked;
            return introspect(std::move(token));
        },
        options
    ));
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(who("Bearer good").value(), "ada");
    EXPECT_EQ(asked, 1);
    EXPECT_FALSE(client->call(invoke<bool>("token").with(kAuthorization, "Bearer good")).value());
    executed = 0;
    for (int i = 0; i < 2; ++i)
        expect_refused(who("Bearer bad"), "the token has been revoked");
    EXPECT_EQ(asked, 3) << "what is not valid is not kept";
}

TEST_F(BearerAuthOf, OptionsOfKeepingAreChecked) {
    BearerAuthOptions options;
    options.keep_valid = -std::chrono::seconds{1};
    EXPECT_THROW(static_cast<void>(bearer_auth(introspect, options)), std::invalid_argument);
    options.keep_valid = std::chrono::seconds{1};
    options.max_kept = 0;
    EXPECT_THROW(static_cast<void>(bearer_auth(introspect, options)), std::invalid_argument);
}

TEST_F(BearerAuthOf, AnErrorOfWhoIsAskedIsNotTakenForATokensFault) {
    Client nowhere{"127.0.0.1:1"};
    start(bearer_auth([&](std::string token) -> asio::awaitable<Result<Principal>> {
        auto asked = nowhere.async_call(invoke<std::string>("introspect", token));
        const Result<std::string> name = co_await std::move(asked);
        if (!name) co_return Error{name.error()};
        co_return Principal{*name};
    }));
    const auto result = who("Bearer good");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Errc::handler_failed) << result.error().to_string();
    EXPECT_EQ(executed, 0);
}

TEST_F(BearerAuthOf, ClientsAddTheirToken) {
    start(bearer_auth(tokens));
    Client caller{server.endpoint()};
    caller.use(bearer_token("good"));
    EXPECT_EQ(caller.call(invoke<std::string>("who")).value(), "ada");
    EXPECT_FALSE(caller.call(invoke<std::string>("who").with(kAuthorization, "Bearer bad")));
}

TEST_F(BearerAuthOf, ClientsMayAskForTheirTokenEachTime) {
    start(bearer_auth(tokens));
    std::atomic<int> asked{0};
    Client caller{server.endpoint()};
    caller.use(bearer_token([&]() -> Result<std::string> {
        if (++asked == 2) return Error{Errc::file_failed, "no token today"};
        return std::string{"good"};
    }));
    EXPECT_EQ(caller.call(invoke<std::string>("who")).value(), "ada");
    const auto without = caller.call(invoke<std::string>("who"));
    ASSERT_FALSE(without);
    EXPECT_EQ(without.error().code(), Errc::file_failed);
    EXPECT_EQ(caller.call(invoke<std::string>("who")).value(), "ada");
    EXPECT_THROW(static_cast<void>(bearer_token("a b")), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(bearer_auth(TokenCheck())), std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::rpc
