// What may stand in a co_await expression with g++ 12, which destroys some temporaries there
// twice. Each test is one spelling that is promised to work; the address sanitizer is the judge.
//
// These are fatal with g++ 12, whatever the callee does with them, and cannot be tested:
//   co_await call(invocation, {.tag = "..."})     an aggregate with an owning member, by value, by
//                                                 reference, or as a default argument `= {}`
//   co_await client.async_call(place(Order{id, note}))   a user's aggregate with an owning member
// and so is everything that looks like them: name the aggregate in a variable first.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>
#include <msgpack.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace rollcall::rpc {

// What is braced in an expression must be trivially copyable; what owns memory must be a class.
static_assert(std::is_trivially_copyable_v<HandlerOptions>);
static_assert(std::is_trivially_copyable_v<BackoffOptions>);
static_assert(std::is_trivially_copyable_v<codec::Limits>);
static_assert(std::is_trivially_copyable_v<Deadline>);
static_assert(!std::is_aggregate_v<Invocation<int>>);
static_assert(!std::is_aggregate_v<PackedInvocation>);
static_assert(!std::is_aggregate_v<Error>);
static_assert(!std::is_aggregate_v<Result<std::string>>);
static_assert(!std::is_aggregate_v<Endpoint>);

namespace {

using namespace std::chrono_literals;

// Longer than what a std::string holds in place: a double free is then a free of heap memory.
const std::string kText = "a text that does not fit into a string object";

struct Order {
    int id = 0;
    std::string note;
    MSGPACK_DEFINE(id, note)
};

constexpr Method<std::string(std::string)> greet{"greet"};
constexpr Method<std::string(Order)> place{"place"};
constexpr Method<int(std::vector<std::string>)> count{"count"};

Invocation<std::string> place_order(int id, const std::string& note) {
    const Order order{id, note};
    return place(order);
}

std::size_t length(const std::string& text) {
    return text.size();
}

class AwaitMatrix : public testing::Test {
protected:
    using Body = asio::awaitable<std::string> (*)(Client&);

    AwaitMatrix() {
        server.handle(greet, [](std::string_view who) { return "hello " + std::string{who}; });
        server.handle(place, [](const Order& order) { return order.note; });
        server.handle(count, [](const std::vector<std::string>& words) {
            return static_cast<int>(words.size());
        });
        server.start();
        caller.emplace(server.endpoint());
    }

    std::string run(Body body) {
        asio::io_context context;
        std::string result;
        asio::co_spawn(
            context,
            body(*caller),
            [&](const std::exception_ptr& error, std::string returned) {
                if (error) std::rethrow_exception(error);
                result = std::move(returned);
            }
        );
        context.run();
        return result;
    }

    Server server;
    std::optional<Client> caller;
};

TEST_F(AwaitMatrix, AnInvocationOfTemporaries) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            const auto result = co_await client.async_call(greet(kText + "!"));
            co_return result.value();
        }),
        "hello " + kText + "!"
    );
}

TEST_F(AwaitMatrix, AnInvocationThatIsHeldApart) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return (co_await client.async_call(greet(std::string(5000, 'x')))).value();
        }).size(),
        5006U
    );
}

TEST_F(AwaitMatrix, InACondition) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            if (co_await client.async_call(greet(kText))) co_return "yes";
            co_return "no";
        }),
        "yes"
    );
}

TEST_F(AwaitMatrix, WithValueAtItsEnd) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return (co_await client.async_call(greet(kText))).value();
        }),
        "hello " + kText
    );
}

TEST_F(AwaitMatrix, AsAnArgument) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return std::to_string(length((co_await client.async_call(greet(kText))).value()));
        }),
        std::to_string(kText.size() + 6)
    );
}

TEST_F(AwaitMatrix, WithLvalues) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            const std::string who = kText;
            const auto invocation = greet(who);
            static_cast<void>(co_await client.async_call(invocation));
            co_return (co_await client.async_call(greet(who))).value();
        }),
        "hello " + kText
    );
}

TEST_F(AwaitMatrix, WithFluentMembers) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return (co_await client.async_call(greet(kText).within(10s).idempotent())).value();
        }),
        "hello " + kText
    );
}

TEST_F(AwaitMatrix, ByName) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return (co_await client.async_call(invoke<std::string>("greet", kText))).value();
        }),
        "hello " + kText
    );
}

TEST_F(AwaitMatrix, AVectorMadeByItsConstructor) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            const auto result =
                co_await client.async_call(count(std::vector<std::string>(2, kText)));
            co_return std::to_string(result.value());
        }),
        "2"
    );
}

TEST_F(AwaitMatrix, AUsersAggregateFromANamedVariable) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            const Order order{1, kText};
            co_return (co_await client.async_call(place(order))).value();
        }),
        kText
    );
}

TEST_F(AwaitMatrix, AUsersAggregateFromAFunction) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            co_return (co_await client.async_call(place_order(1, kText))).value();
        }),
        kText
    );
}

TEST_F(AwaitMatrix, ACallThatIsStartedFirstAndAwaitedLater) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            auto call = client.async_call(place(Order{1, kText}));
            co_return (co_await std::move(call)).value();
        }),
        kText
    );
}

TEST_F(AwaitMatrix, ErrorsAndExceptions) {
    EXPECT_EQ(
        run([](Client& client) -> asio::awaitable<std::string> {
            const auto wrong = co_await client.async_call(invoke<int>("gret", kText));
            try {
                static_cast<void>((co_await client.async_call(invoke<int>("none"))).value());
            } catch (const CallError& error) {
                co_return wrong.error().message() + "|" + error.error().method();
            }
            co_return "nothing was thrown";
        }),
        "no method 'gret'; did you mean 'greet'?|none"
    );
}

}  // namespace
}  // namespace rollcall::rpc
