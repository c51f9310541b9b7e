// Old clients of new servers and the reverse, over real connections: each row of the table of
// methods in docs/contracts.md, with the texts that it quotes. Types: contract_evolution_test.cpp.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rollcall::rpc {
namespace {

// A server with one method, and the error of a call to it.
template <class Served, class Handler, class R>
Error refusal(const Served& method, Handler handler, const Invocation<R>& invocation) {
    Server server;
    server.handle(method, handler);
    server.start();
    Client client{server.endpoint()};
    const Result<R> result = client.call(invocation);
    EXPECT_FALSE(result);
    return result ? Error{Errc::remote_error, "no error"} : result.error();
}

TEST(MethodEvolution, AMethodThatTheServerLacksIsNotExecuted) {
    constexpr Method<int(int)> kPrice{"price"};
    constexpr Method<int(int)> kPriceV2{"price2"};
    const Error error = refusal(
        kPrice, [](int n) { return n; }, kPriceV2(1)
    );
    EXPECT_EQ(error.code(), Errc::method_not_found);
    EXPECT_EQ(error.message(), "no method 'price2'; did you mean 'price'?");
    EXPECT_EQ(error.sent(), Sent::not_sent);
}

TEST(MethodEvolution, BothNamesMayBeServedByOneHandler) {
    constexpr Method<int(int)> kOld{"price"};
    constexpr Method<int(int)> kNew{"quote"};
    const auto handler = [](int n) { return 2 * n; };
    Server server;
    server.handle(kOld, handler);
    server.handle(kNew, handler);
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(kOld(1)).value(), 2);
    EXPECT_EQ(client.call(kNew(2)).value(), 4);
}

TEST(MethodEvolution, AnotherArgumentIsRefusedBothWays) {
    constexpr Method<int(int)> kWas{"price"};
    constexpr Method<int(int, int)> kIs{"price"};
    const Error at_new = refusal(
        kIs, [](int a, int b) { return a + b; }, kWas(1)
    );
    EXPECT_EQ(at_new.code(), Errc::invalid_arguments);
    EXPECT_EQ(at_new.message(), "'price' takes 2 arguments, got 1");
    EXPECT_EQ(at_new.sent(), Sent::not_sent);
    const Error at_old = refusal(
        kWas, [](int a) { return a; }, kIs(1, 2)
    );
    EXPECT_EQ(at_old.message(), "'price' takes 1 argument, got 2");
    EXPECT_EQ(at_old.sent(), Sent::not_sent);
}

TEST(MethodEvolution, AnotherOptionalArgumentIsForNewServersFirst) {
    constexpr Method<int(int)> kWas{"price"};
    constexpr Method<int(int, std::optional<int>, std::optional<std::string>)> kIs{"price"};
    const auto handler = [](int a, std::optional<int> b, const std::optional<std::string>& c) {
        return a + b.value_or(100) + (c ? 1000 : 0);
    };
    Server server;
    server.handle(kIs, handler);
    server.start();
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(kWas(1)).value(), 101);
    EXPECT_EQ(client.call(kIs(1, 2, "c")).value(), 1003);
    EXPECT_EQ(client.call(kIs(1, std::nullopt, std::nullopt)).value(), 101);
    EXPECT_EQ(
        client.call(invoke<int>("price")).error().message(), "'price' takes 1 to 3 arguments, got 0"
    );
    EXPECT_EQ(
        client.call(invoke<int>("price", 1, 2, "c", 4)).error().message(),
        "'price' takes 1 to 3 arguments, got 4"
    );
    const Error at_old = refusal(
        kWas, [](int a) { return a; }, kIs(1, std::nullopt, std::nullopt)
    );
    EXPECT_EQ(at_old.message(), "'price' takes 1 argument, got 3");
    EXPECT_EQ(at_old.sent(), Sent::not_sent);
}

TEST(MethodEvolution, AResultWhereThereWasNone) {
    constexpr Method<void()> kWas{"place"};
    constexpr Method<int()> kIs{"place"};
    Server server;
    server.handle(kIs, [] { return 5; });
    server.start();
    EXPECT_TRUE(Client{server.endpoint()}.call(kWas()));
    const Error at_old = refusal(
        kWas, [] {}, kIs()
    );
    EXPECT_EQ(at_old.message(), "the result: expected int, got nil");
    EXPECT_EQ(at_old.sent(), Sent::maybe_sent);
}

}  // namespace
}  // namespace rollcall::rpc
