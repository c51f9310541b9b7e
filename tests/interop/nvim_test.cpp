// Our client drives a real Neovim, which knows nothing of Rollcall.

#include <rollcall/rpc/client.h>

#include "peers.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace rollcall::rpc {
namespace {

using namespace std::chrono_literals;

class Neovim : public testing::Test {
protected:
    static std::vector<std::string> command() {
        auto words = tests::nvim_command();
        words.insert(
            words.end(),
            {"-c",
             "call writefile(['listening ' . serverstart('127.0.0.1:0')], '/dev/stdout', 's')"}
        );
        return words;
    }

    static ClientOptions options() {
        ClientOptions options;
        options.call_timeout = 20s;
        return options;
    }

    tests::Process process{command()};
    Client client{tests::wait_listening(process), options()};
};

TEST_F(Neovim, EvaluatesExpressions) {
    EXPECT_EQ(client.call(invoke<int>("nvim_eval", "1 + 2")).value(), 3);
    EXPECT_EQ(client.call(invoke<std::string>("nvim_eval", "'a' . 'b'")).value(), "ab");
    EXPECT_DOUBLE_EQ(client.call(invoke<double>("nvim_eval", "1.5")).value(), 1.5);
    const auto list = client.call(invoke<std::vector<int>>("nvim_eval", "range(5)"));
    EXPECT_EQ(list.value(), (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(client.counters().connects, 1U) << "it can stand the hello";
}

TEST_F(Neovim, DescribesItsApi) {
    // [channel, {version, functions, ...}] is far larger than one read.
    const auto info =
        client.call(invoke<std::tuple<int, std::map<std::string, codec::Raw>>>("nvim_get_api_info")
        );
    ASSERT_TRUE(info) << info.error().to_string();
    EXPECT_GT(std::get<0>(*info), 0);
    EXPECT_TRUE(std::get<1>(*info).contains("functions"));
    EXPECT_TRUE(std::get<1>(*info).contains("version"));
}

TEST_F(Neovim, KeepsALargeBuffer) {
    std::vector<std::string> lines;
    for (int i = 0; i < 20000; ++i)
        lines.push_back(std::to_string(i) + std::string(80, static_cast<char>('a' + i % 26)));
    client.call(invoke<void>("nvim_buf_set_lines", 0, 0, -1, true, lines)).value();
    const auto back =
        client.call(invoke<std::vector<std::string>>("nvim_buf_get_lines", 0, 0, -1, true));
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_TRUE(*back == lines);
}

TEST_F(Neovim, AnswersErrorsAsTypeAndMessage) {
    const auto failed = client.call(invoke<int>("nvim_eval", "no_such_variable"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::remote_error);
    EXPECT_NE(failed.error().message().find("no_such_variable"), std::string::npos)
        << failed.error().to_string();
    EXPECT_FALSE(failed.error().data().empty()) << "the whole error object is kept";

    const auto unknown = client.call(invoke<int>("nvim_no_such_method"));
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message().find("nvim_no_such_method"), std::string::npos)
        << unknown.error().to_string();
    EXPECT_EQ(client.call(invoke<int>("nvim_eval", "7")).value(), 7) << "it goes on";
}

TEST_F(Neovim, TakesNotificationsAndPipelinedCallsInOrder) {
    client.notify(invoke<void>("nvim_command", "let g:sum = 0"));
    std::vector<std::future<Result<int>>> calls;
    for (int i = 1; i <= 100; ++i) {
        client.notify(invoke<void>("nvim_command", "let g:sum += " + std::to_string(i)));
        calls.push_back(client.async_call(invoke<int>("nvim_eval", "g:sum"), asio::use_future));
    }
    for (int i = 1; i <= 100; ++i)
        EXPECT_EQ(calls[static_cast<std::size_t>(i - 1)].get().value(), i * (i + 1) / 2);
}

TEST_F(Neovim, KeepsTheConnectionWhenAMethodNameIsTooLongForIt) {
    EXPECT_EQ(client.call(invoke<int>("nvim_eval", "1")).value(), 1);
    const auto refused = client.call(invoke<int>(std::string(101, 'm')));
    EXPECT_EQ(refused.error().code(), Errc::message_too_large);
    EXPECT_TRUE(client.call(invoke<void>("nvim_command", "let g:x = 1")));
    EXPECT_FALSE(client.call(invoke<int>(std::string(100, 'm'))));
    EXPECT_EQ(client.call(invoke<int>("nvim_eval", "g:x")).value(), 1);
    EXPECT_EQ(client.counters().connects, 1U);
}

TEST_F(Neovim, ItsEndIsTheEndOfACall) {
    const auto quit = client.call(invoke<void>("nvim_command", "qall!"));
    ASSERT_FALSE(quit);
    EXPECT_EQ(quit.error().code(), Errc::connection_lost);
    EXPECT_EQ(quit.error().sent(), Sent::maybe_sent);
    EXPECT_TRUE(process.wait());
}

}  // namespace
}  // namespace rollcall::rpc
