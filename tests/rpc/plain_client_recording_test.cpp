// All bytes that our server sends to clients that have agreed on nothing, while everything is
// switched on: they hold what the specification of MessagePack-RPC has, and nothing else.
#include <rollcall/rpc/rate_limit.h>

#include "everything_on.h"
#include "plain_grammar.h"
#include "server_harness.h"
#include "support/cutting_proxy.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;

class ToPlainClients : public testing::Test {
protected:
    void start(ServerOptions options = server_with_everything()) {
        server = std::make_unique<Server>(std::move(options));
        add_everything(*server, gate);
        server->handle("stay", [this](Context& context) { guest.set_value(context.peer()); });
        server->start();
        proxy.emplace(server->endpoint());
    }

    // The end of the server, after which all has been said.
    void stop(Duration grace = 10s) {
        server->stop(grace);
        for (const auto& recording : proxy->recordings()) {
            for (const auto& offence :
                 offences(Speaker::server, recording.to_client, recording.to_server))
                ADD_FAILURE() << offence;
        }
    }

    Spoken spoken(std::size_t connection = 0) {
        return count(proxy->recordings().at(connection).to_client);
    }

    // Sends requests, and receives until as many messages of the server have come. The welcome,
    // which is the first one on each connection, does not count.
    static std::vector<Answer> exchange(
        RawPeer& peer, const std::string& sent, std::size_t messages
    ) {
        EXPECT_TRUE(peer.send(sent));
        std::vector<Answer> answers;
        while (answers.size() < messages && !peer.at_end()) {
            for (Answer& each : receive_answers(peer, 1)) {
                if (each.method != "welcome") answers.push_back(std::move(each));
            }
        }
        EXPECT_EQ(answers.size(), messages);
        return answers;
    }

    Gate gate;
    std::promise<Peer> guest;
    std::unique_ptr<Server> server;
    std::optional<CuttingProxy> proxy;
};

TEST_F(ToPlainClients, AnswersAndErrorsOfEveryKind) {
    start();
    RawPeer peer{proxy->endpoint()};
    exchange(peer, request(1, "add", 1, 2) + request(2, "pooled", 7), 2);
    std::vector<std::string> all;
    const auto ask = [&](const char* method, const auto&... arguments) {
        const auto id = static_cast<std::uint32_t>(10 + all.size());
        all.push_back(request(id, method, arguments...));
    };
    for (int code = 1; code <= static_cast<int>(Errc::unknown); ++code)
        ask("fail_as", code);
    for (const char* const method : {"throws", "nothing", "$/methods", "$/ping", "$/unknown"})
        ask(method);
    ask("add", 1, "two");
    ask("add", 1);
    ask("big", std::size_t{5} << 20U);
    std::string sent;
    for (const std::string& each : all)
        sent += each;
    for (const Answer& answer : exchange(peer, sent, all.size()))
        EXPECT_NE(answer.error, "an error that is no string") << answer.id;
    stop();
    EXPECT_EQ(spoken().responses, static_cast<int>(all.size() + 2));
    EXPECT_GE(spoken().errors, static_cast<int>(Errc::unknown) + 5);
}

TEST_F(ToPlainClients, LargeMessages) {
    start();
    RawPeer peer{proxy->endpoint()};
    const std::string large(std::size_t{3} << 20U, 'y');
    exchange(peer, request(1, "big", large.size()) + request(2, "size", large), 2);
    stop();
    EXPECT_GT(proxy->recordings()[0].to_client.size(), large.size());
}

TEST_F(ToPlainClients, WhatIsWrongOrOfTheExtensionIsAnsweredPlainly) {
    start();
    RawPeer peer{proxy->endpoint()};
    using namespace std::string_literals;
    // Metadata, a wrong shape, and an id that is in flight already.
    const std::string with_budget = "\x95\x00\x05\xa3"s + "add\x92\x01\x02\x81\xa1t\xcc\xc8";
    const std::string odd = "\x93\x00\x06\xa3"s + "add";
    exchange(peer, with_budget + odd, 2);
    EXPECT_TRUE(peer.send(request(7, "later", 1)));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    exchange(peer, request(7, "later", 2), 1);
    // Nothing of these is agreed on; what is unknown is dropped.
    EXPECT_TRUE(peer.send(notification("$/cancel", 99) + notification("$/goaway", "x", 1, 2)));
    EXPECT_TRUE(peer.send(notification("nothing") + notification("$/credit", 1, 2)));
    gate.open();
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 7U);
    stop();
    EXPECT_EQ(spoken().responses, 4);
}

TEST_F(ToPlainClients, CallsAndNotificationsOfTheServer) {
    start();
    RawPeer peer{proxy->endpoint()};
    auto question = exchange(peer, request(1, "ask", "twice", 10'000), 1).at(0);
    ASSERT_EQ(question.method, "twice");
    exchange(peer, result(question.id, 42), 1);
    // Refused, with each kind of error that foreign peers send.
    question = exchange(peer, request(2, "ask", "twice", 10'000), 1).at(0);
    exchange(peer, error(question.id, "UNAVAILABLE: not now"), 1);
    // Never answered: its deadline passes, of which a plain peer is not told.
    EXPECT_EQ(exchange(peer, request(3, "ask", "silent", 20), 2).at(1).id, 3U);
    // Metadata cannot be sent to it.
    EXPECT_EQ(exchange(peer, request(4, "ask_with"), 1).at(0).id, 4U);
    EXPECT_EQ(exchange(peer, request(5, "tell", "x"), 2).size(), 2U);
    stop();
    EXPECT_EQ(spoken().requests, 3);
    EXPECT_EQ(spoken().notifications, 2);
    EXPECT_EQ(spoken().responses, 5);
}

TEST_F(ToPlainClients, ACallOfTheServerThatIsCancelled) {
    start();
    RawPeer peer{proxy->endpoint()};
    exchange(peer, request(1, "stay"), 1);
    asio::cancellation_signal signal;
    std::promise<Result<int>> ended;
    guest.get_future().get().async_call(
        invoke<int>("silent").within(60s),
        asio::bind_cancellation_slot(
            signal.slot(), [&](Result<int> result) { ended.set_value(std::move(result)); }
        )
    );
    EXPECT_EQ(exchange(peer, "", 1).at(0).method, "silent");
    signal.emit(asio::cancellation_type::total);
    EXPECT_EQ(ended.get_future().get().error().code(), Errc::cancelled);
    exchange(peer, request(2, "add", 1, 2), 1);
    stop();
    EXPECT_EQ(spoken().notifications, 1) << "the welcome alone";
}

// Neither its calls of methods that are streams, nor what it says of streams, nor the server's wish
// to read one of it is answered with anything of streams.
TEST_F(ToPlainClients, StreamsInBothDirections) {
    start();
    RawPeer peer{proxy->endpoint()};
    using namespace std::string_literals;
    const std::string opening = "\x95\x00\x02\xa8"s + "count_to\x91\x03\x81\xa1s\x01";
    const auto refused = exchange(peer, request(1, "count_to", 3) + opening, 2);
    for (const Answer& answer : refused)
        EXPECT_TRUE(answer.error.starts_with("INVALID_REQUEST: ")) << answer.error;
    EXPECT_TRUE(peer.send(notification("$/data", 2, true, "x") + notification("$/end", 2)));
    EXPECT_TRUE(peer.send(notification("count_to", 3) + notification("$/credit", 2, true, 100)));
    const Answer back = exchange(peer, request(3, "stream_back"), 1).at(0);
    EXPECT_EQ(
        back.result,
        "\xb0"
        "invalid_argument"
    );
    stop();
    EXPECT_EQ(spoken().requests, 0);
    EXPECT_EQ(spoken().notifications, 1) << "the welcome alone";
}

// While the server waits for a peer that says nothing.
TEST_F(ToPlainClients, ASilentOneIsNotAskedForASignOfLife) {
    start();
    RawPeer peer{proxy->endpoint()};
    const Answer question = exchange(peer, request(1, "ask", "silent", 60'000), 1).at(0);
    // The welcome may come behind the question.
    EXPECT_EQ(peer.receive(4096, kSilence).find("$/"), std::string::npos);
    EXPECT_FALSE(peer.at_end());
    exchange(peer, result(question.id, 1), 1);
    EXPECT_EQ(server->stats().lost_peers, 0U);
    stop();
    EXPECT_EQ(spoken().requests, 1);
}

// The data of these errors, which say how long to wait, are for those that have agreed.
TEST_F(ToPlainClients, OneThatLimitsOfMethodsAndOfRatesRefuse) {
    ServerOptions options = server_with_everything();
    options.middleware.push_back(rate_limit({.per_second = 0.001, .burst = 2}));
    start(options);
    RawPeer peer{proxy->endpoint()};
    EXPECT_TRUE(peer.send(request(1, "one_at_a_time", 1)));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    const std::string many = request(2, "one_at_a_time", 2) + request(3, "add", 1, 2);
    for (const Answer& answer : exchange(peer, many, 2))
        EXPECT_TRUE(answer.error.starts_with("OVERLOADED: ")) << answer.error;
    gate.open();
    EXPECT_EQ(exchange(peer, "", 1).at(0).id, 1U);
    stop();
    EXPECT_EQ(spoken().errors, 2);
}

TEST_F(ToPlainClients, AStopWithCallsUnderWayInBothDirections) {
    start();
    RawPeer peer{proxy->endpoint()};
    exchange(peer, request(1, "later", 1) + request(2, "ask", "silent", 60'000), 1);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    auto stopped = std::async(std::launch::async, [&] { stop(1s); });
    gate.open();
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 1U);
    static_cast<void>(peer.receive_all());
    stopped.get();
}

TEST_F(ToPlainClients, AnIdleOneIsClosedWithoutAWord) {
    ServerOptions options = server_with_everything();
    options.idle_timeout = 50ms;
    start(options);
    RawPeer peer{proxy->endpoint()};
    exchange(peer, request(1, "add", 1, 2), 1);
    // The welcome may come behind the answer.
    EXPECT_EQ(peer.receive_all().find("$/"), std::string::npos);
    EXPECT_TRUE(peer.at_end());
    stop();
    EXPECT_EQ(spoken().responses, 1);
}

TEST_F(ToPlainClients, OneWithoutTheToken) {
    ServerOptions options = server_with_everything();
    options.token = "secret";
    start(options);
    RawPeer peer{proxy->endpoint()};
    for (const Answer& answer :
         exchange(peer, request(1, "add", 1, 2) + request(2, "$/methods"), 2))
        EXPECT_TRUE(answer.error.starts_with("UNAUTHENTICATED: ")) << answer.error;
    stop();
}

// More at a time than the server works on; and while it waits for an answer of that peer.
TEST_F(ToPlainClients, OneThatAsksForTooMuch) {
    start();
    RawPeer peer{proxy->endpoint()};
    exchange(peer, request(1, "ask", "silent", 60'000), 1);
    std::string many;
    for (std::uint32_t id = 2; id < 40; ++id)
        many += request(id, "later", 1);
    EXPECT_TRUE(peer.send(many));
    ASSERT_TRUE(eventually([&] { return gate.begun() > 0; }));
    gate.open();
    exchange(peer, "", 38);
    stop(50ms);
}

// Over the limit of connections: those that ask are told, in words that they understand.
TEST_F(ToPlainClients, OneTooMany) {
    ServerOptions options = server_with_everything();
    options.max_connections = 1;
    start(options);
    RawPeer first{proxy->endpoint()};
    exchange(first, request(1, "add", 1, 2), 1);
    RawPeer silent{proxy->endpoint()};
    RawPeer asking{proxy->endpoint()};
    const Answer refused = exchange(asking, request(9, "add", 1, 2), 1).at(0);
    EXPECT_EQ(refused.id, 9U);
    EXPECT_EQ(refused.error, "UNAVAILABLE: the server has too many connections");
    asking.finish();
    EXPECT_EQ(asking.receive_all(), "");
    EXPECT_EQ(silent.receive_all(), "");
    EXPECT_TRUE(silent.at_end());
    stop();
    EXPECT_EQ(spoken(1).responses + spoken(1).notifications, 0);
}

}  // namespace
}  // namespace rollcall::rpc::tests
