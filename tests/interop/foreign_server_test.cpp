// Our client calls servers that are written in Python (msgpack and a socket) and for Node (the npm
// package msgpack5rpc). Both play the same methods.

#include <rollcall/rpc/client.h>

#include "peers.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <string>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

class ForeignServer : public testing::TestWithParam<const char*> {
protected:
    static bool is_python() { return std::string{GetParam()} == "Python"; }

    static ClientOptions options() {
        ClientOptions options;
        options.call_timeout = 20s;
        return options;
    }

    tests::Process process{
        is_python() ? tests::python_command("peer_server.py")
                    : tests::node_command("peer_server.js"),
        tests::node_environment()};
    Client client{tests::wait_listening(process), options()};
};

TEST_P(ForeignServer, AnswersCalls) {
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(client.call(invoke<std::string>("echo", "h\xc3\xa9llo")).value(), "h\xc3\xa9llo");
    EXPECT_EQ(client.call(invoke<bool>("echo", true)).value(), true);
    EXPECT_EQ(client.call(invoke<int>("echo", -70000)).value(), -70000);
    EXPECT_DOUBLE_EQ(client.call(invoke<double>("echo", 1.25)).value(), 1.25);
    const std::vector<int> numbers{1, 200, 70000};
    EXPECT_EQ(client.call(invoke<std::vector<int>>("echo", numbers)).value(), numbers);
    const std::map<std::string, std::vector<std::string>> nested{{"a", {"b", ""}}, {"c", {}}};
    using Nested = std::map<std::string, std::vector<std::string>>;
    EXPECT_EQ(client.call(invoke<Nested>("echo", nested)).value(), nested);
    EXPECT_TRUE(client.call(invoke<void>("nothing")));
    EXPECT_EQ(client.counters().connects, 1U) << "it can stand the hello";
}

TEST_P(ForeignServer, AnswersOutOfOrder) {
    auto first = client.async_call(invoke<int>("later", 1), asio::use_future);
    auto second = client.async_call(invoke<int>("add", 2, 0), asio::use_future);
    EXPECT_EQ(second.get().value(), 2) << "answered before the first";
    EXPECT_EQ(first.get().value(), 1);
}

TEST_P(ForeignServer, AnswersErrors) {
    const auto failed = client.call(invoke<int>("fail", "it broke"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::remote_error);
    EXPECT_EQ(failed.error().message(), "it broke");
    EXPECT_EQ(failed.error().method(), "fail");
    EXPECT_FALSE(client.call(invoke<int>("no_such_method")));
    EXPECT_EQ(client.call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_P(ForeignServer, TakesLargePayloadsAndNotifications) {
    const std::string large(1U << 20U, 'x');
    EXPECT_TRUE(client.call(invoke<std::string>("echo", large)).value() == large);
    for (int i = 0; i < 10; ++i)
        client.notify(invoke<void>("count"));
    EXPECT_EQ(client.call(invoke<int>("counted")).value(), 10);
}

INSTANTIATE_TEST_SUITE_P(
    Interop,
    ForeignServer,
    testing::Values("Python", "Msgpack5rpc"),
    [](const auto& peer) { return std::string{peer.param}; }
);

}  // namespace
}  // namespace rollcall::rpc
