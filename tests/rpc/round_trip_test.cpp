// A server and a client in one process, over a real socket: every way to serve and to call.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

namespace contract {
constexpr Method<int(int, int)> add{"add", idempotent};
constexpr Method<std::string(std::string)> echo{"echo"};
constexpr Method<int(int)> twice{"twice"};
constexpr Method<void(std::string)> note{"note"};
constexpr Method<int(int)> slow_square{"slow_square"};
constexpr Method<std::map<std::string, int>(std::vector<std::string>)> lengths{"lengths"};
}  // namespace contract

struct Calculator {
    int twice(int n) { return 2 * n + calls++ * 0; }

    asio::awaitable<std::string> greet(const std::string& who) {
        asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        co_return "hello " + who;
    }

    int calls = 0;
};

int free_add(int a, int b) {
    return a + b;
}

class RoundTrip : public testing::Test {
protected:
    RoundTrip() {
        server.handle(contract::add, free_add);
        server.handle(contract::echo, [](std::string_view text) { return std::string{text}; });
        server.handle(contract::twice, &Calculator::twice, calculator);
        server.handle("greet", &Calculator::greet, calculator);
        server.handle(contract::note, [this](std::string text) {
            noted.set_value(std::move(text));
        });
        server.handle(contract::slow_square, [](int n) { return n * n; }, {.run = RunOn::pool});
        server.handle(contract::lengths, [](const std::vector<std::string>& words) {
            std::map<std::string, int> lengths;
            for (const auto& word : words)
                lengths[word] = static_cast<int>(word.size());
            return lengths;
        });
        server.handle("fail", [](std::string why) -> int { throw std::runtime_error{why}; });
        server.handle("refuse", []() -> Result<int> { return Error{Errc::overloaded, "not now"}; });
        server.handle("generic", [](double x) -> Result<void> {
            if (x < 0) return Error{Errc::remote_error, "negative"};
            return {};
        });
        server.start();
    }

    Calculator calculator;
    std::promise<std::string> noted;
    Server server;
};

TEST_F(RoundTrip, Blocking) {
    Client client{server.endpoint()};
    EXPECT_EQ(client.call(contract::add(1, 2)).value(), 3);
    EXPECT_EQ(client.call(contract::echo(std::string(100000, 'x'))).value().size(), 100000U);
    EXPECT_EQ(client.call(contract::twice(4)).value(), 8);
    EXPECT_EQ(client.call(invoke<std::string>("greet", "you")).value(), "hello you");
    EXPECT_EQ(client.call(contract::slow_square(5)).value(), 25);
    const auto lengths =
        client.call(contract::lengths(std::vector<std::string>(1, "four"))).value();
    EXPECT_EQ(lengths.at("four"), 4);
    client.call(invoke<void>("generic", 1.0)).value();
}

TEST_F(RoundTrip, ErrorsNameWhatWasWrong) {
    Client client{server.endpoint()};
    const auto failed = client.call(invoke<int>("fail", "too bad"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::handler_failed);
    EXPECT_EQ(failed.error().message(), "too bad");
    EXPECT_EQ(failed.error().method(), "fail");
    EXPECT_EQ(failed.error().endpoint(), server.endpoint().to_string());

    EXPECT_EQ(client.call(invoke<int>("refuse")).error().code(), Errc::overloaded);
    EXPECT_EQ(client.call(invoke<void>("generic", -1)).error().message(), "negative");
    EXPECT_EQ(
        client.call(invoke<int>("ad", 1, 2)).error().message(),
        "no method 'ad'; did you mean 'add'?"
    );
    EXPECT_EQ(
        client.call(invoke<int>("add", 1)).error().message(), "'add' takes 2 arguments, got 1"
    );
    EXPECT_EQ(
        client.call(invoke<int>("add", 1, "2")).error().message(),
        "argument 2 of 'add': expected int, got string"
    );
    const auto wrong_type = client.call(invoke<std::string>("add", 1, 2));
    EXPECT_EQ(wrong_type.error().code(), Errc::invalid_result);
    EXPECT_THROW(static_cast<void>(client.call(invoke<int>("fail", "x")).value()), CallError);
}

TEST_F(RoundTrip, CoroutineFutureCallbackAndNotification) {
    Client client{server.endpoint()};
    asio::io_context context;
    int sum = 0;
    asio::co_spawn(
        context,
        [](Client& caller, int& out) -> asio::awaitable<void> {
            out = (co_await caller.async_call(contract::add(20, 22).within(5s))).value();
        }(client, sum),
        [](const std::exception_ptr& error) {
            if (error) std::rethrow_exception(error);
        }
    );
    context.run();
    EXPECT_EQ(sum, 42);

    std::future<Result<int>> future = client.async_call(contract::add(1, 1), asio::use_future);
    EXPECT_EQ(future.get().value(), 2);

    std::promise<int> called;
    client.async_call(contract::add(2, 2), [&](Result<int> result) {
        called.set_value(result.value());
    });
    EXPECT_EQ(called.get_future().get(), 4);

    client.notify(contract::note("psst"));
    EXPECT_EQ(noted.get_future().get(), "psst");
}

TEST_F(RoundTrip, StopAnswersWhatWasRead) {
    Client client{server.endpoint()};
    auto future = client.async_call(contract::slow_square(3), asio::use_future);
    EXPECT_EQ(client.call(contract::add(1, 2)).value(), 3);
    server.stop(5s);
    EXPECT_EQ(future.get().value(), 9);
    const auto after = client.call(contract::add(1, 2));
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code(), Errc::connect_failed);
    EXPECT_EQ(after.error().sent(), Sent::not_sent);
}

}  // namespace
}  // namespace rollcall::rpc
