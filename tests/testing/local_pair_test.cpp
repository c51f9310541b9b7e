#include <rollcall/testing/local_pair.h>

#include <gtest/gtest.h>

namespace rollcall::testing {
namespace {

TEST(LocalPair, AnswersOverARealSocket) {
    LocalPair pair{
        [](rpc::Server& server) { server.handle("add", [](int a, int b) { return a + b; }); }};
    EXPECT_EQ(pair.client().call(rpc::invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(pair.client().endpoint(), pair.endpoint());
    EXPECT_EQ(pair.server().stats().requests, 2U) << "the hello and the call";
}

TEST(LocalPair, TakesOptionsOfBothSides) {
    rpc::ServerOptions server_options;
    server_options.token = "secret";
    rpc::ClientOptions client_options;
    client_options.token = "secret";
    const auto handlers = [](rpc::Server& server) { server.handle("one", [] { return 1; }); };
    LocalPair trusted{handlers, server_options, client_options};
    EXPECT_EQ(trusted.client().call(rpc::invoke<int>("one")).value(), 1);
    LocalPair stranger{handlers, server_options};
    const Result<int> refused = stranger.client().call(rpc::invoke<int>("one"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::unauthenticated);
}

}  // namespace
}  // namespace rollcall::testing
