// Requests on their way through the layers of a server.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "layer_book.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Result<void>> pass_gate(Gate& gate) {
    co_await gate.pass();
    co_return Result<void>{};
}

asio::awaitable<Result<void>> refuse_later(Gate& gate) {
    co_await gate.pass();
    co_return Error{Errc::unauthenticated, "who are you?"};
}

class ServerLayers : public testing::Test {
protected:
    ServerLayers() {
        server.handle("add", [this](int a, int b) {
            book.note("add");
            return a + b;
        });
        server.handle("pool", [this] { return ++executed; }, {.run = RunOn::pool});
        server.handle("later", [this]() -> asio::awaitable<int> {
            co_await inner.pass();
            co_return ++executed;
        });
        server.handle("text", [](std::string_view text) { return std::string{text}; });
        server.handle("note", [this](std::string_view) { ++executed; });
        server.handle("tenant", [](Context& context) {
            return std::string{context.metadata().find("tenant").value_or("none")};
        });
        server.handle("fail", []() -> Result<int> { return Error{Errc::remote_error, "no"}; });
        server.handle("throw", []() -> int { throw std::runtime_error{"oops"}; });
    }

    Client& start() {
        server.start();
        client.emplace(server.endpoint());
        return *client;
    }

    LayerBook book;
    Gate gate;
    Gate inner;
    std::atomic<int> executed{0};
    Server server;
    std::optional<Client> client;
};

TEST_F(ServerLayers, TheFirstAddedIsTheOutermost) {
    server.use(book.layer("a"));
    server.use(book.layer("b"));
    EXPECT_EQ(start().call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_TRUE(book.becomes("+a;+b;add;-b: ok;-a: ok;")) << book.text();
}

TEST_F(ServerLayers, OfTheOptionsComeFirst) {
    ServerOptions options;
    options.middleware = {book.layer("option")};
    Server other{options};
    other.use(book.layer("used"));
    other.handle("f", [] {});
    other.start();
    Client caller{other.endpoint()};
    EXPECT_TRUE(caller.call(invoke<void>("f")));
    EXPECT_TRUE(book.becomes("+option;+used;-used: ok;-option: ok;")) << book.text();
}

TEST_F(ServerLayers, WhatOneRefusesNothingInsideSees) {
    server.use(book.layer("a"));
    server.use([](Exchange&) -> Entry { return Error{Errc::overloaded, "too much"}; });
    server.use(book.layer("c"));
    const auto sum = start().call(invoke<int>("add", 1, 2));
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code(), Errc::overloaded);
    EXPECT_EQ(sum.error().message(), "too much");
    EXPECT_EQ(sum.error().sent(), Sent::not_sent) << "it promises that nothing was executed";
    EXPECT_TRUE(book.becomes("+a;-a: overloaded;")) << book.text();
}

TEST_F(ServerLayers, WhatOneThrowsIsAnErrorReply) {
    server.use(book.layer("a"));
    server.use([](Exchange& exchange) {
        if (exchange.method() == "add") throw std::runtime_error{"broken"};
    });
    const auto sum = start().call(invoke<int>("add", 1, 2));
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code(), Errc::handler_failed);
    EXPECT_EQ(sum.error().message(), "broken");
    EXPECT_TRUE(book.becomes("+a;-a: handler_failed;")) << book.text();
}

TEST_F(ServerLayers, AwaitWhileOtherRequestsGoOn) {
    server.use(book.layer("a"));
    server.use([this](Exchange& exchange) -> Entry {
        if (exchange.method() == "text") return pass_gate(gate);
        return Entry{};
    });
    server.use(book.layer("c"));
    auto waiting =
        start().async_call(invoke<std::string>("text", "a view of bytes"), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_GT(server.stats().in_flight_bytes, 0U) << "a request that waits counts";
    book.clear();
    gate.open();
    EXPECT_EQ(waiting.get().value(), "a view of bytes") << "the arguments were kept";
    EXPECT_TRUE(book.becomes("+c;-c: ok;-a: ok;")) << book.text();
    EXPECT_EQ(server.stats().in_flight_bytes, 0U);
}

TEST_F(ServerLayers, AwaitInFrontOfEachKindOfHandler) {
    inner.open();
    gate.open();
    server.use([this](Exchange&) { return pass_gate(gate); });
    server.use(book.layer("b"));
    start();
    EXPECT_EQ(client->call(invoke<int>("pool")).value(), 1);
    EXPECT_EQ(client->call(invoke<int>("later")).value(), 2);
    client->notify(invoke<void>("note", "hi"));
    EXPECT_TRUE(eventually([&] { return executed == 3; }));
    EXPECT_TRUE(book.becomes("+b;-b: ok;+b;-b: ok;+b;-b: ok;")) << book.text();
}

TEST_F(ServerLayers, RefuseAfterAwaiting) {
    gate.open();
    server.use(book.layer("a"));
    server.use([this](Exchange&) { return refuse_later(gate); });
    server.use(book.layer("c"));
    const auto sum = start().call(invoke<int>("add", 1, 2));
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code(), Errc::unauthenticated);
    EXPECT_TRUE(book.becomes("+a;-a: unauthenticated;")) << book.text();
}

TEST_F(ServerLayers, HearOfErrorsOfHandlers) {
    server.use(book.layer("a"));
    start();
    EXPECT_FALSE(client->call(invoke<int>("fail")));
    EXPECT_FALSE(client->call(invoke<int>("throw")));
    EXPECT_FALSE(client->call(invoke<int>("add", 1)));
    EXPECT_TRUE(book.becomes("+a;-a: remote_error;+a;-a: handler_failed;+a;-a: invalid_arguments;"))
        << book.text();
}

TEST_F(ServerLayers, SeeMethodsThatNobodyHandles) {
    server.use(book.layer("a"));
    const auto sum = start().call(invoke<int>("ad", 1, 2));
    ASSERT_FALSE(sum);
    EXPECT_EQ(sum.error().code(), Errc::method_not_found);
    EXPECT_NE(sum.error().message().find("did you mean 'add'?"), std::string::npos);
    EXPECT_TRUE(book.becomes("+a;-a: method_not_found;")) << book.text();
}

TEST_F(ServerLayers, HideWhichMethodsThereAre) {
    gate.open();
    server.use([this](Exchange&) { return refuse_later(gate); });
    start();
    for (const char* const method : {"ad", "add", "$/methods"}) {
        const auto refused = client->call(invoke<int>(method));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), Errc::unauthenticated) << method;
    }
}

TEST_F(ServerLayers, GiveUnknownMethodsTheirNamesAfterAwaiting) {
    gate.open();
    server.use([this](Exchange&) { return pass_gate(gate); });
    const std::string name(200, 'q');
    const auto unknown = start().call(invoke<int>(name));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code(), Errc::method_not_found);
    EXPECT_NE(unknown.error().message().find(name.substr(0, 100)), std::string::npos);
}

TEST_F(ServerLayers, ChangeWhatTheHandlerSees) {
    gate.open();
    server.use([](Exchange& exchange) { exchange.set_metadata("tenant", "blue"); });
    server.use([this](Exchange&) { return pass_gate(gate); });
    server.use([](Exchange& exchange) { exchange.reply_with("served-by", "desk 1"); });
    const ReplyMetadata seen;
    const auto tenant = invoke<std::string>("tenant").with("tenant", "red").metadata_to(seen);
    EXPECT_EQ(start().call(tenant).value(), "blue");
    const Metadata back = seen.get();
    EXPECT_EQ(back.find("served-by"), "desk 1");
}

TEST_F(ServerLayers, TellSizesAndTimes) {
    Outcome outcome;
    server.use(
        middleware([](Exchange&) {}, [&](Exchange&, const Outcome& ended) { outcome = ended; })
    );
    server.start();
    RawPeer peer{server.endpoint()};
    const std::string asked = request(7, "text", "hello");
    peer.send(asked);
    const std::string wanted = result(7, "hello");
    EXPECT_EQ(peer.receive_exactly(wanted.size()), wanted);
    EXPECT_EQ(outcome.request_bytes, asked.size());
    EXPECT_EQ(outcome.reply_bytes, wanted.size());
    EXPECT_GT(outcome.duration(), Duration::zero());
    EXPECT_LT(outcome.duration(), 10s);
}

TEST_F(ServerLayers, AreFixedOnceTheServerHasStarted) {
    start();
    EXPECT_THROW(server.use(book.layer("late")), std::logic_error);
    Server other;
    EXPECT_THROW(other.use(nullptr), std::invalid_argument);
}

TEST_F(ServerLayers, DoNotSeeTheProtocolsOwnMessages) {
    server.use(book.layer("a"));
    server.start();
    RawPeer peer{server.endpoint()};
    peer.send(hello(1) + notification("$/cancel", 5) + request(2, "add", 1, 2));
    ASSERT_EQ(receive_answers(peer, 2).size(), 2U);
    EXPECT_TRUE(book.becomes("+a;add;-a: ok;")) << book.text();
}

TEST_F(ServerLayers, ReplyTooLargeIsHeardOf) {
    ServerOptions options;
    options.limits.max_message_bytes = 1024;
    Server small{options};
    small.use(book.layer("a"));
    small.handle("big", [] { return std::string(2000, 'x'); });
    small.start();
    Client caller{small.endpoint()};
    EXPECT_FALSE(caller.call(invoke<std::string>("big")));
    EXPECT_TRUE(book.becomes("+a;-a: result_too_large;")) << book.text();
}

}  // namespace
}  // namespace rollcall::rpc::tests
