// All bytes that our client sends to servers that know plain MessagePack-RPC alone, while
// everything is switched on: they hold what the specification has, and the hello.
#include "everything_on.h"
#include "plain_grammar.h"
#include "plain_server.h"
#include "support/cutting_proxy.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;
using Unknown = PlainServer::Unknown;

class ToPlainServers : public testing::TestWithParam<Unknown> {
protected:
    ToPlainServers() {
        client->handle("twice", [](Context& context, int n) {
            context.reply_with("served-by", "desk 1");
            return 2 * n;
        });
        client->handle("fail_as", fail_as);
        client->handle("news", [this](const std::string&) { ++news; });
        client->on_connect([](const Peer& peer) { peer.notify(invoke<void>("welcome")); });
        client->on_disconnect([](const Peer&, std::string_view) {});
        client->keep_connected();
    }

    // The end of the client, after which all has been said.
    void stop() {
        client.reset();
        for (const auto& recording : proxy.recordings()) {
            for (const auto& offence :
                 offences(Speaker::client, recording.to_server, recording.to_client))
                ADD_FAILURE() << offence;
        }
        EXPECT_FALSE(proxy.recordings().empty());
    }

    PlainServer server{GetParam()};
    CuttingProxy proxy{server.endpoint()};
    std::atomic<int> news{0};
    std::optional<Client> client{std::in_place, proxy.endpoint(), client_with_everything()};
};

TEST_P(ToPlainServers, CallsErrorsAndNotifications) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    EXPECT_EQ(client->call(invoke<int>("echo", 7).within(10s)).value(), 7);
    EXPECT_EQ(client->call(invoke<int>("fail", "no")).error().message(), "no");
    EXPECT_EQ(client->call(invoke<int>("fail", "OVERLOADED: x")).error().sent(), Sent::maybe_sent);
    EXPECT_EQ(client->call(invoke<int>("odd")).error().message(), "odd");
    client->notify(invoke<void>("note", "hi"));
    const std::string large(std::size_t{1} << 20U, 'x');
    EXPECT_TRUE(client->call(invoke<std::string>("echo", large)).value() == large);
    stop();
}

TEST_P(ToPlainServers, WhatItWouldNotUnderstandIsNotSent) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    const auto refused = client->call(invoke<int>("echo", 7).with("tenant", "blue"));
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    const auto long_name = client->call(invoke<int>(std::string(101, 'm')));
    EXPECT_EQ(long_name.error().code(), Errc::message_too_large);
    stop();
}

TEST_P(ToPlainServers, StreamsAreNotOpened) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    const int before = server.taken();
    const auto read = client->open(count_to(3)).read();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), Errc::invalid_argument);
    EXPECT_EQ(read.error().sent(), Sent::not_sent);
    EXPECT_EQ(client->call(invoke<int>("echo", 7)).value(), 7);
    EXPECT_EQ(server.taken(), before + 1);
    stop();
}

// While a call waits for it.
TEST_P(ToPlainServers, ASilentOneIsNotAskedForASignOfLife) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    const auto connects = client->counters().connects;
    const auto late = client->call(invoke<int>("silent").within(kSilence));
    EXPECT_EQ(late.error().code(), Errc::timed_out);
    EXPECT_EQ(client->call(invoke<int>("echo", 7)).value(), 7);
    EXPECT_EQ(client->counters().connects, connects);
    stop();
}

TEST_P(ToPlainServers, CallsThatAreLateOrCancelled) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    const int before = server.taken();
    EXPECT_EQ(client->call(invoke<int>("silent").within(50ms)).error().code(), Errc::timed_out);
    asio::cancellation_signal signal;
    std::promise<Result<int>> ended;
    client->async_call(
        invoke<int>("silent").within(60s),
        asio::bind_cancellation_slot(
            signal.slot(), [&](Result<int> result) { ended.set_value(std::move(result)); }
        )
    );
    ASSERT_TRUE(eventually([&] { return server.taken() == before + 2; }));
    signal.emit(asio::cancellation_type::total);
    EXPECT_EQ(ended.get_future().get().error().code(), Errc::cancelled);
    // Whatever it would have said about these has been said before this.
    EXPECT_EQ(client->call(invoke<int>("echo", 7)).value(), 7);
    stop();
}

TEST_P(ToPlainServers, AnswersToWhatTheServerAsks) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    EXPECT_EQ(client->call(invoke<int>("ask", "twice")).value(), 42);
    EXPECT_EQ(client->call(invoke<int>("ask", "twic")).error().code(), Errc::method_not_found);
    // 21 is a code of our own.
    EXPECT_FALSE(client->call(invoke<int>("ask", "fail_as")));
    EXPECT_TRUE(client->call(invoke<bool>("tell")).value());
    EXPECT_TRUE(eventually([&] { return news == 1; }));
    stop();
}

TEST_P(ToPlainServers, TheEndOfAClientWithCallsUnderWay) {
    EXPECT_EQ(client->call(invoke<int>("echo", 7).idempotent()).value(), 7);
    const int before = server.taken();
    auto silent = client->async_call(invoke<int>("silent").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return server.taken() == before + 1; }));
    stop();
    EXPECT_EQ(silent.get().error().code(), Errc::shutting_down);
}

std::string name_of_unknown(const testing::TestParamInfo<Unknown>& info) {
    switch (info.param) {
        case Unknown::refuses:
            return "RefusingTheHello";
        case Unknown::pairs:
            return "RefusingItAsNeovimDoes";
        case Unknown::closes:
            return "ClosingOnIt";
    }
    return "";
}

INSTANTIATE_TEST_SUITE_P(
    Recording,
    ToPlainServers,
    testing::Values(Unknown::refuses, Unknown::pairs, Unknown::closes),
    name_of_unknown
);

}  // namespace
}  // namespace rollcall::rpc::tests
