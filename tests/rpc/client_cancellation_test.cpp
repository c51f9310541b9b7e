// Cancelling calls through Asio's cancellation slots.

#include <rollcall/rpc/client.h>

#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <type_traits>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::RawListener;
using tests::ScriptedConnection;

class ClientCancellation : public testing::Test {
protected:
    // Starts a call that `signal` cancels.
    std::future<Result<int>> start(const char* method) {
        auto ended = std::make_shared<std::promise<Result<int>>>();
        client.async_call(
            invoke<int>(method).within(60s),
            asio::bind_cancellation_slot(
                signal.slot(), [ended](Result<int> result) { ended->set_value(std::move(result)); }
            )
        );
        return ended->get_future();
    }

    static void expect_cancelled(const Result<int>& result, Sent sent) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::cancelled);
        EXPECT_EQ(result.error().sent(), sent);
    }

    static ClientOptions one_at_a_time() {
        ClientOptions options;
        options.max_in_flight = 1;
        return options;
    }

    RawListener listener;
    Client client{listener.endpoint(), one_at_a_time()};
    asio::cancellation_signal signal;
};

TEST_F(ClientCancellation, OfACallUnderWay) {
    auto call = start("slow");
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    signal.emit(asio::cancellation_type::total);
    expect_cancelled(call.get(), Sent::maybe_sent);
    signal.emit(asio::cancellation_type::total);  // again: nothing is left to cancel

    EXPECT_TRUE(connection.reply(request->id, 1));
    auto next = client.async_call(invoke<int>("next"), asio::use_future);
    EXPECT_TRUE(connection.reply(connection.next().value().id, 2));
    EXPECT_EQ(next.get().value(), 2) << "its place in flight is free again";
    EXPECT_TRUE(tests::eventually([&] { return client.counters().late_replies == 1; }));
}

TEST_F(ClientCancellation, OfACallThatWaits) {
    auto first = client.async_call(invoke<int>("first").within(60s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    auto waiting = start("waiting");
    signal.emit(asio::cancellation_type::terminal);
    expect_cancelled(waiting.get(), Sent::not_sent);
    EXPECT_TRUE(connection.reply(request->id, 1));
    EXPECT_EQ(first.get().value(), 1);
    auto next = client.async_call(invoke<int>("next"), asio::use_future);
    const auto after = connection.next();
    ASSERT_TRUE(after.has_value());
    EXPECT_EQ(after->method, "next") << "a cancelled call is not sent later";
    EXPECT_TRUE(connection.reply(after->id, 2));
    EXPECT_EQ(next.get().value(), 2);
}

TEST_F(ClientCancellation, AfterTheReplyChangesNothing) {
    auto call = start("quick");
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.reply(connection.next().value().id, 1));
    EXPECT_EQ(call.get().value(), 1);
    signal.emit(asio::cancellation_type::total);
    auto next = client.async_call(invoke<int>("next"), asio::use_future);
    EXPECT_TRUE(connection.reply(connection.next().value().id, 2));
    EXPECT_EQ(next.get().value(), 2);
}

TEST_F(ClientCancellation, AfterTheClientChangesNothing) {
    std::optional<Client> gone{std::in_place, listener.endpoint()};
    std::promise<Result<int>> ended;
    gone->async_call(
        invoke<int>("any"),
        asio::bind_cancellation_slot(
            signal.slot(), [&](Result<int> result) { ended.set_value(std::move(result)); }
        )
    );
    gone.reset();
    EXPECT_EQ(ended.get_future().get().error().code(), Errc::shutting_down);
    signal.emit(asio::cancellation_type::total);
}

TEST_F(ClientCancellation, OfACoroutine) {
    asio::io_context context;
    std::optional<Result<int>> seen;
    asio::co_spawn(
        context,
        [](Client& caller, std::optional<Result<int>>& result) -> asio::awaitable<void> {
            result = co_await caller.async_call(invoke<int>("slow").within(60s));
        }(client, seen),
        asio::bind_cancellation_slot(
            signal.slot(),
            [](const std::exception_ptr& error) {
                EXPECT_FALSE(error) << "the cancellation came back as a result";
            }
        )
    );
    auto accepted = std::async(std::launch::async, [&] {
        ScriptedConnection connection{listener};
        connection.answer_hello();
        EXPECT_TRUE(connection.next().has_value());
        asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
        return connection;
    });
    context.run();
    accepted.get();
    ASSERT_TRUE(seen.has_value());
    expect_cancelled(*seen, Sent::maybe_sent);
}

// The slot keeps the call, so a call that kept its handler would be a circle with it. Moving this
// handler copies it, because what it captures is const.
TEST_F(ClientCancellation, AHandlerThatOwnsItsSignalAndIsCopiedByMovesGoesWithItsCall) {
    const auto owned = std::make_shared<asio::cancellation_signal>();
    std::promise<void> ended;
    client.async_call(
        invoke<int>("quick").within(60s),
        asio::bind_cancellation_slot(
            owned->slot(), [owned, &ended](const Result<int>&) { ended.set_value(); }
        )
    );
    static_assert(std::is_const_v<decltype(owned)>);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_TRUE(connection.reply(connection.next().value().id, 1));
    ended.get_future().wait();
    EXPECT_TRUE(tests::eventually([&] { return owned.use_count() == 1; }));
}

}  // namespace
}  // namespace rollcall::rpc
