// What calls inherit from the handler that makes them: its deadline, its trace, its end.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "server_harness.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// Waits until it is told to stop, which it counts; for at most a minute.
class Waiting {
public:
    [[nodiscard]] asio::awaitable<int> wait(Context& context) {
        const auto timer =
            std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, 60s);
        deadline = context.deadline();
        ++begun;
        asio::error_code ended;
        {
            const auto cancel = [timer] { timer->cancel(); };
            const std::stop_callback on_stop{context.stop_token(), cancel};
            co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended));
        }
        stopped_at = SteadyClock::now();
        ++(ended ? stopped : expired);
        while (holds_answers) {
            timer->expires_after(1ms);
            co_await timer->async_wait(asio::use_awaitable);
        }
        co_return 1;
    }

    std::atomic<int> begun{0};
    std::atomic<int> stopped{0};
    std::atomic<int> expired{0};
    std::atomic<bool> holds_answers{false};  // goes on after it was stopped
    std::atomic<Deadline> deadline{};
    std::atomic<TimePoint> stopped_at{};
};

// first -> second -> third, each a server of its own; the third waits.
class Chain : public testing::Test {
protected:
    Chain() {
        third.handle("wait", &Waiting::wait, waiting);
        third.handle("left", [](Context& context) { return left_us(context); });
        third.handle("seen", [](Context& context) {
            std::string texts;
            for (const std::string_view name :
                 {kTraceParent, kRequestId, std::string_view{"tenant"}})
                texts.append(texts.empty() ? "" : " ")
                    .append(context.metadata().find(name).value_or("none"));
            return texts;
        });
        third.start();
        to_third.emplace(third.endpoint());
        for (const char* const method : {"wait", "left"}) {
            second.handle(method, [this, method](Context&) { return relay(*to_third, method); });
        }
        second.handle(
            "wait_on_pool",
            [this] { return to_third->call(invoke<std::int64_t>("wait").within(60s)); },
            {.run = RunOn::pool}
        );
        second.handle("seen", [this](Context&) { return relay_text(*to_third, "seen"); });
        second.start();
        to_second.emplace(second.endpoint());
        for (const char* const method : {"wait", "left", "wait_on_pool"}) {
            first.handle(method, [this, method](Context&) { return relay(*to_second, method); });
        }
        first.handle("seen", [this](Context&) { return relay_text(*to_second, "seen"); });
        first.start();
        to_first.emplace(first.endpoint());
    }

    static std::int64_t left_us(const Context& context) {
        if (context.deadline().is_never()) return -1;
        return std::chrono::duration_cast<std::chrono::microseconds>(context.deadline().remaining())
            .count();
    }

    static asio::awaitable<Result<std::int64_t>> relay(Client& client, std::string method) {
        co_return co_await client.async_call(invoke<std::int64_t>(method).within(60s));
    }

    static asio::awaitable<Result<std::string>> relay_text(Client& client, std::string method) {
        co_return co_await client.async_call(invoke<std::string>(method));
    }

    Waiting waiting;
    Server third;
    std::optional<Client> to_third;
    Server second;
    std::optional<Client> to_second;
    Server first;
    std::optional<Client> to_first;
};

TEST_F(Chain, ABudgetOf200MsAtTheFirstIsWhatRemainsAtTheThird) {
    for (int i = 0; i < 20; ++i) {
        const TimePoint began = SteadyClock::now();
        const auto left = to_first->call(invoke<std::int64_t>("left").within(200ms));
        const auto took = SteadyClock::now() - began;
        if (!left) continue;  // a machine that is so slow shows nothing
        EXPECT_GT(*left, 0);
        // Each of the three hops rounds up to a millisecond.
        EXPECT_LE(*left, 203000);
        const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        EXPECT_GE(*left, 200000 - spent);
    }
}

TEST_F(Chain, TheThirdStopsWhenTheBudgetOfTheFirstIsOver) {
    waiting.holds_answers = true;
    const auto late = to_first->call(invoke<std::int64_t>("wait").within(200ms));
    ASSERT_FALSE(late);
    // Or, on a machine so busy that its own clock rings later: what the second server says of its
    // call.
    const Errc why = late.error().code();
    EXPECT_TRUE(why == Errc::timed_out || why == Errc::handler_failed) << late.error().to_string();
    EXPECT_TRUE(eventually([&] { return waiting.stopped + waiting.expired == waiting.begun; }));
    EXPECT_EQ(waiting.expired, 0);
    waiting.holds_answers = false;
}

TEST_F(Chain, CancellingAtTheFirstStopsTheHandlerAtTheThird) {
    for (const char* const method : {"wait", "wait_on_pool"}) {
        asio::cancellation_signal signal;
        std::promise<Result<std::int64_t>> ended;
        const int before = waiting.begun;
        to_first->async_call(
            invoke<std::int64_t>(method).within(60s),
            asio::bind_cancellation_slot(
                signal.slot(),
                [&ended](Result<std::int64_t> result) { ended.set_value(std::move(result)); }
            )
        );
        ASSERT_TRUE(eventually([&] { return waiting.begun > before; }));
        EXPECT_LT(waiting.deadline.load().remaining(), 61s);
        const TimePoint cancelled = SteadyClock::now();
        signal.emit(asio::cancellation_type::terminal);
        EXPECT_EQ(ended.get_future().get().error().code(), Errc::cancelled);
        ASSERT_TRUE(eventually([&] { return waiting.stopped == waiting.begun; })) << method;
        const auto took = waiting.stopped_at.load() - cancelled;
        RecordProperty(
            std::string{method} + "_us",
            std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count())
        );
    }
    EXPECT_EQ(waiting.expired, 0);
}

TEST_F(Chain, TheEndOfTheFirstCallerStopsTheHandlerAtTheThird) {
    std::optional<Client> caller{std::in_place, first.endpoint()};
    auto call = caller->async_call(invoke<std::int64_t>("wait").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return waiting.begun > 0; }));
    caller.reset();
    EXPECT_EQ(call.get().error().code(), Errc::shutting_down);
    EXPECT_TRUE(eventually([&] { return waiting.stopped == waiting.begun; }));
}

TEST_F(Chain, TraceAndRequestIdGoAlongAndOtherMetadataDoesNot) {
    auto call = invoke<std::string>("seen")
                    .with(kTraceParent, "00-trace-span-01")
                    .with(kRequestId, "r-1")
                    .with("tenant", "blue");
    EXPECT_EQ(to_first->call(call).value(), "00-trace-span-01 r-1 none");
    EXPECT_EQ(to_first->call(invoke<std::string>("seen")).value(), "none none none");
}

// A plain inline handler that starts something and does not wait for it: what it starts has the
// deadline, but nothing that ends before the request can be stopped with it.
TEST(Inheritance, OfAPlainHandlerIsTheDeadline) {
    Server last;
    last.handle("left", [](Context& context) { return context.deadline().is_never(); });
    last.start();
    Client to_last{last.endpoint()};
    std::promise<Result<bool>> seen;
    Server middle;
    middle.handle("start", [&] {
        to_last.async_call(invoke<bool>("left").within(60s), [&](Result<bool> result) {
            seen.set_value(std::move(result));
        });
    });
    middle.start();
    Client client{middle.endpoint()};
    ASSERT_TRUE(client.call(invoke<void>("start").within(10s)));
    EXPECT_FALSE(seen.get_future().get().value());
}

TEST(Inheritance, OutsideOfHandlersThereIsNone) {
    EXPECT_EQ(Context::current(), nullptr);
    Server server;
    server.handle("ask", [](Context& context) { return Context::current() == &context; });
    server.handle("ask_later", [](Context& context) -> asio::awaitable<bool> {
        asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        co_return Context::current() == &context;
    });
    server.start();
    Client client{server.endpoint()};
    EXPECT_TRUE(client.call(invoke<bool>("ask")).value());
    EXPECT_TRUE(client.call(invoke<bool>("ask_later")).value());
}

}  // namespace
}  // namespace rollcall::rpc::tests
