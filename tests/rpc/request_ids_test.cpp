#include <rollcall/rpc/client.h>
#include <rollcall/rpc/request_ids.h>
#include <rollcall/rpc/server.h>

#include <gtest/gtest.h>

#include <string>

namespace rollcall::rpc {
namespace {

std::string id_in(const Metadata& metadata) {
    return std::string{metadata.find(kRequestId).value_or("")};
}

// `front` passes calls on to `back`, which says what id it has seen.
class RequestIdsOf : public testing::Test {
protected:
    void start(RequestIdOptions options = RequestIdOptions()) {
        back.handle("id", [](Context& context) { return id_in(context.metadata()); });
        back.start();
        to_back.emplace(back.endpoint());
        front.use(request_ids(options));
        front.handle("id", [](Context& context) { return id_in(context.metadata()); });
        front.handle("pass", [this]() -> asio::awaitable<Result<std::string>> {
            co_return co_await to_back->async_call(invoke<std::string>("id"));
        });
        front.start();
        client.emplace(front.endpoint());
    }

    std::string seen(const std::string& method, const std::string& sent = {}) {
        auto invocation = invoke<std::string>(method).metadata_to(reply);
        if (!sent.empty()) invocation = invocation.with(kRequestId, sent);
        return client->call(std::move(invocation)).value_or("failed");
    }

    Server back;
    Server front;
    std::optional<Client> to_back;
    std::optional<Client> client;
    ReplyMetadata reply;
};

TEST_F(RequestIdsOf, ServersAreMadeWhereThereAreNone) {
    start();
    const std::string id = seen("id");
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(id_in(reply.get()), id);
    EXPECT_NE(seen("id"), id);
}

TEST_F(RequestIdsOf, CallersAreKept) {
    start();
    EXPECT_EQ(seen("id", "order-17"), "order-17");
    EXPECT_EQ(id_in(reply.get()), "order-17");
}

TEST_F(RequestIdsOf, RequestsAreTakenOverByTheCallsOfTheirHandlers) {
    start();
    const std::string id = seen("pass");
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id_in(reply.get()), id);
}

TEST_F(RequestIdsOf, WithoutRoomThereIsNoneAndNoneIsTold) {
    start();
    const std::string filler(Metadata::kMaxBytes - 8 - 6, 'x');
    const auto invocation = invoke<std::string>("id").with("filler", filler).metadata_to(reply);
    EXPECT_EQ(client->call(invocation).value_or("failed"), "");
    EXPECT_EQ(id_in(reply.get()), "");
}

TEST_F(RequestIdsOf, ALimitedLength) {
    start({.max_bytes = 8});
    EXPECT_EQ(seen("id", "1234567"), "1234567");
    EXPECT_EQ(seen("id", "12345678"), "12345678");
    EXPECT_EQ(seen("id", "123456789").size(), 32U);
}

TEST_F(RequestIdsOf, WhatNoLogShouldHaveIsReplaced) {
    start();
    EXPECT_EQ(seen("id", "a\nb").size(), 32U);
    EXPECT_EQ(seen("id", "a b").size(), 32U);
}

TEST_F(RequestIdsOf, PeersNeedNotBeAccepted) {
    start({.accept = false});
    EXPECT_NE(seen("id", "order-17"), "order-17");
}

TEST_F(RequestIdsOf, ClientsAreMadeWhereThereAreNone) {
    start();
    Client caller{back.endpoint()};
    caller.use(request_ids());
    EXPECT_EQ(caller.call(invoke<std::string>("id")).value().size(), 32U);
    EXPECT_EQ(caller.call(invoke<std::string>("id").with(kRequestId, "mine")).value(), "mine");
}

TEST(RequestIdOptionsOf, SomethingWithoutRoomAreRefused) {
    EXPECT_THROW(static_cast<void>(request_ids({.max_bytes = 0})), std::invalid_argument);
}

}  // namespace
}  // namespace rollcall::rpc
