// One deadline for everything that belongs to a call.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "black_hole.h"
#include "scripted_connection.h"
#include "support/eventually.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;
using tests::BlackHole;
using tests::eventually;
using tests::RawListener;
using tests::ScriptedConnection;

constexpr Duration kShort = 150ms;
// A deadline that is not kept shows as a call that hangs or takes several times its time; a busy
// machine may take much longer than the promised 5 ms without being wrong.
constexpr int kMaxRatio = 10;

struct Timed {
    Result<int> result;
    Duration took;
};

Timed timed(Client& client, Invocation<int> invocation) {
    const TimePoint begin = SteadyClock::now();
    Result<int> result = client.call(std::move(invocation));
    return {std::move(result), SteadyClock::now() - begin};
}

void expect_on_time(const Timed& timed, Duration deadline) {
    ASSERT_FALSE(timed.result);
    EXPECT_EQ(timed.result.error().code(), Errc::timed_out) << timed.result.error().to_string();
    EXPECT_GE(timed.took, deadline);
    EXPECT_LT(timed.took, kMaxRatio * deadline);
}

TEST(ClientDeadline, AServerThatNeverAnswers) {
    RawListener listener;
    ClientOptions options;
    options.call_timeout = kShort;
    Client client{listener.endpoint(), options};
    const Timed answer = timed(client, invoke<int>("silence"));
    expect_on_time(answer, kShort);
    EXPECT_EQ(answer.result.error().sent(), Sent::maybe_sent);
    EXPECT_EQ(answer.result.error().method(), "silence");
    EXPECT_EQ(answer.result.error().endpoint(), listener.endpoint().to_string());
}

// The server is to hear of a deadline that the call names, so the call waits until it is known
// whether the server understands it.
TEST(ClientDeadline, OfACallThatNamesOneIsKeptBeforeTheServerHasSaidHello) {
    RawListener listener;
    Client client{listener.endpoint()};
    const Timed answer = timed(client, invoke<int>("silence").within(kShort));
    expect_on_time(answer, kShort);
    EXPECT_EQ(answer.result.error().sent(), Sent::not_sent);
}

TEST(ClientDeadline, CoversConnecting) {
    const BlackHole nowhere;
    ClientOptions options;
    options.connect_timeout = 10s;
    Client client{nowhere.endpoint(), options};
    const Timed answer = timed(client, invoke<int>("any").within(kShort));
    expect_on_time(answer, kShort);
    EXPECT_EQ(client.counters().connects, 0U);
}

TEST(ClientDeadline, ConnectingHasALimitOfItsOwn) {
    const BlackHole nowhere;
    ClientOptions options;
    options.connect_timeout = kShort;
    Client client{nowhere.endpoint(), options};
    const Timed answer = timed(client, invoke<int>("any").within(60s));
    ASSERT_FALSE(answer.result);
    EXPECT_EQ(answer.result.error().code(), Errc::connect_failed);
    EXPECT_EQ(answer.result.error().sent(), Sent::not_sent);
    EXPECT_NE(answer.result.error().message().find("no answer in time"), std::string::npos);
    EXPECT_LT(answer.took, 2 * kMaxRatio * kShort);
}

TEST(ClientDeadline, CoversTheQueue) {
    RawListener listener;
    ClientOptions options;
    options.max_in_flight = 1;
    Client client{listener.endpoint(), options};
    auto first = client.async_call(invoke<int>("hold").within(60s), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());

    const Timed second = timed(client, invoke<int>("waits").within(kShort));
    expect_on_time(second, kShort);
    EXPECT_TRUE(connection.reply(request->id, 1));
    EXPECT_EQ(first.get().value(), 1);
    auto third = client.async_call(invoke<int>("next"), asio::use_future);
    const auto next = connection.next();
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->method, "next") << "what has timed out in the queue is not sent later";
    EXPECT_TRUE(connection.reply(next->id, 3));
    EXPECT_EQ(third.get().value(), 3);
}

TEST(ClientDeadline, ZeroOrLessIsOverBeforeItBegins) {
    Server server;
    server.handle("one", [] { return 1; });
    server.start();
    Client client{server.endpoint()};
    ASSERT_EQ(client.call(invoke<int>("one")).value(), 1);
    for (const Duration none : {Duration{0}, Duration{-1}, Duration::min()}) {
        const auto result =
            client.async_call(invoke<int>("one").within(none), asio::use_future).get();
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code(), Errc::timed_out);
        EXPECT_EQ(result.error().sent(), Sent::not_sent);
    }
    ASSERT_EQ(client.call(invoke<int>("one")).value(), 1);
    EXPECT_EQ(server.stats().requests, 3U) << "the hello and two calls";
}

TEST(ClientDeadline, TheLongestTimesMeanNever) {
    RawListener listener;
    ClientOptions options;
    options.call_timeout = Duration::max();
    options.connect_timeout = Duration::max();
    Client client{listener.endpoint(), options};
    auto by_default = client.async_call(invoke<int>("a"), asio::use_future);
    auto by_call = client.async_call(invoke<int>("b").within(Duration::max()), asio::use_future);
    auto nearly = client.async_call(invoke<int>("c").within(Duration::max() / 2), asio::use_future);
    auto timed_out = client.async_call(invoke<int>("d").within(50ms), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    EXPECT_EQ(timed_out.get().error().code(), Errc::timed_out);
    for (int i = 1; i <= 3; ++i) {
        const auto request = connection.next();
        ASSERT_TRUE(request.has_value());
        EXPECT_TRUE(connection.reply(request->id, i));
    }
    EXPECT_EQ(by_default.get().value(), 1);
    EXPECT_EQ(by_call.get().value(), 2);
    EXPECT_EQ(nearly.get().value(), 3);
}

TEST(ClientDeadline, LateRepliesAreDroppedAndCounted) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto late = client.async_call(invoke<int>("late").within(50ms), asio::use_future);
    ScriptedConnection connection{listener};
    connection.answer_hello();
    const auto request = connection.next();
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(late.get().error().code(), Errc::timed_out);
    EXPECT_TRUE(connection.reply(request->id, 1));
    EXPECT_TRUE(connection.reply(request->id + 1000, 2));
    EXPECT_TRUE(eventually([&] { return client.counters().late_replies == 2; }));

    auto next = client.async_call(invoke<int>("next"), asio::use_future);
    const auto second = connection.next();
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(connection.reply(second->id, 3));
    EXPECT_EQ(next.get().value(), 3) << "the connection goes on";
    EXPECT_EQ(client.counters().connects, 1U);
}

// Deadlines in no order: one timer serves them all, and each call ends by its own.
TEST(ClientDeadline, EachOfManyIsKept) {
    RawListener listener;
    Client client{listener.endpoint()};

    struct End {
        Duration deadline{};
        Duration took{};
        std::promise<void> done;
    };

    std::vector<End> ends(60);
    const TimePoint begin = SteadyClock::now();
    for (std::size_t i = 0; i < ends.size(); ++i) {
        End& end = ends[i];
        end.deadline = 20ms + 10ms * static_cast<int>(i * 37 % ends.size());
        client.async_call(
            invoke<int>("silence").within(end.deadline),
            [&end, begin](const Result<int>& result) {
                EXPECT_EQ(result.error().code(), Errc::timed_out);
                end.took = SteadyClock::now() - begin;
                end.done.set_value();
            }
        );
    }
    for (End& end : ends) {
        end.done.get_future().get();
        EXPECT_GE(end.took, end.deadline);
        EXPECT_LT(end.took, kMaxRatio * (end.deadline + 100ms));
    }
}

TEST(ClientDeadline, NotificationsThatCannotBeSentAreCounted) {
    const BlackHole nowhere;
    ClientOptions options;
    options.call_timeout = 50ms;
    Client client{nowhere.endpoint(), options};
    client.notify(invoke<void>("note"));
    client.notify(invoke<void>("note"));
    EXPECT_TRUE(eventually([&] { return client.counters().dropped_notifications == 2; }));
}

}  // namespace
}  // namespace rollcall::rpc
