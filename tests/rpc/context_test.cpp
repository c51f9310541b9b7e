// What a handler learns about its call, and what it may send back beside the result.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "codec/hex.h"
#include "server_harness.h"

#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using codec::tests::from_hex;

std::string pairs_of(const Metadata& metadata) {
    std::string text;
    for (const auto& [name, value] : metadata)
        text.append(name).append("=").append(value).append(";");
    return text;
}

struct Shop {
    std::string who(Context& context, const std::string& prefix) {
        return prefix + pairs_of(context.metadata());
    }

    asio::awaitable<std::string> who_later(const Context& context, const std::string& prefix) {
        asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
        co_await timer.async_wait(asio::use_awaitable);
        co_return prefix + pairs_of(context.metadata());
    }
};

std::int64_t left_ms(const Context& context) {
    if (context.deadline().is_never()) return -1;
    return std::chrono::duration_cast<std::chrono::milliseconds>(context.deadline().remaining())
        .count();
}

class ContextOf : public testing::Test {
protected:
    ContextOf() {
        server.handle("who", &Shop::who, shop);
        server.handle("who_later", &Shop::who_later, shop);
        server.handle("method", [](Context& context) { return std::string{context.method()}; });
        server.handle("left", [](Context& context) { return left_ms(context); });
        server.handle(
            "left_on_pool",
            [](const Context& context) { return left_ms(context); },
            {.run = RunOn::pool}
        );
        server.handle("reply", [](Context& context, std::string value) {
            context.reply_with("served-by", value);
            context.reply_with("again", "1");
            return value.size();
        });
        server.handle(
            "reply_later",
            [](Context& context, std::string value) -> asio::awaitable<std::size_t> {
                context.reply_with("served-by", value);
                if (value.empty()) throw CallError{Error{Errc::remote_error, "none"}};
                co_return value.size();
            }
        );
        server.start();
        own_client.emplace(server.endpoint());
    }

    Shop shop;
    Server server;
    std::optional<Client> own_client;
    Client& client = own_client.emplace("127.0.0.1:1");
};

TEST_F(ContextOf, MetadataOfTheCallReachesEveryKindOfHandler) {
    for (const char* const method : {"who", "who_later"}) {
        auto call = invoke<std::string>(method, "> ").with("tenant", "blue").with("user", "7");
        EXPECT_EQ(client.call(call).value(), "> tenant=blue;user=7;") << method;
        EXPECT_EQ(client.call(invoke<std::string>(method, "> ")).value(), "> ") << method;
    }
}

TEST_F(ContextOf, NamesTheMethod) {
    EXPECT_EQ(client.call(invoke<std::string>("method")).value(), "method");
}

TEST_F(ContextOf, TheDeadlineIsWhatIsLeftForTheCaller) {
    for (const char* const method : {"left", "left_on_pool"}) {
        const auto named = client.call(invoke<std::int64_t>(method).within(10s));
        EXPECT_GT(named.value(), 5000) << method;
        EXPECT_LE(named.value(), 10000) << method;
        // The client's own time-out is one as well.
        EXPECT_LE(client.call(invoke<std::int64_t>(method)).value(), 5000) << method;
    }
}

TEST_F(ContextOf, AFirstCallThatNamesADeadlineOrMetadataWaitsForTheHello) {
    for (int i = 0; i < 50; ++i) {
        Client fresh{server.endpoint()};
        const auto left = fresh.call(invoke<std::int64_t>("left").within(10s));
        ASSERT_GT(left.value(), 0) << "its deadline did not travel";
        Client another{server.endpoint()};
        auto call = invoke<std::string>("who", "").with("tenant", "blue");
        ASSERT_EQ(another.call(call).value(), "tenant=blue;");
    }
}

TEST_F(ContextOf, MetadataGoesBackWithTheReply) {
    for (const char* const method : {"reply", "reply_later"}) {
        const ReplyMetadata seen;
        const auto size = client.call(invoke<std::size_t>(method, "here").metadata_to(seen));
        EXPECT_EQ(size.value(), 4U);
        EXPECT_EQ(seen.get().find("served-by"), "here") << method;
    }
}

TEST_F(ContextOf, MetadataGoesBackWithAnErrorToo) {
    const ReplyMetadata seen;
    const auto failed = client.call(invoke<std::size_t>("reply_later", "").metadata_to(seen));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message(), "none");
    EXPECT_EQ(seen.get().find("served-by"), "");
}

TEST_F(ContextOf, APlainPeerGetsNothingThatItWouldNotUnderstand) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "reply", "here")));
    // [1, 1, nil, 4]: no fifth element.
    EXPECT_EQ(peer.receive_exactly(5), from_hex("94 01 01 c0 04"));
    // And what it sends in that place is no request.
    std::string extended = request(2, "reply", "here") + "\x80";
    extended[0] = '\x95';
    ASSERT_TRUE(peer.send(extended));
    const auto refused = receive_answers(peer, 1);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].error, "INVALID_REQUEST: a request is an array of 4 elements, not 5");
}

TEST_F(ContextOf, ACallWithMetadataToAPlainServerFailsAndSaysWhy) {
    ClientOptions options;
    options.hello = false;
    Client plain{server.endpoint(), options};
    auto call = invoke<std::string>("who", "").with("tenant", "blue");
    const auto refused = plain.call(call);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    // A deadline is not worth failing for.
    EXPECT_EQ(plain.call(invoke<std::int64_t>("left").within(10s)).value(), -1);
}

TEST_F(ContextOf, TooMuchMetadataIsRefusedWhereItIsMade) {
    EXPECT_THROW(
        static_cast<void>(invoke<int>("who").with("big", std::string(9000, 'x'))), std::length_error
    );
}

// ---- errors between Rollcall peers

class StructuredErrors : public testing::Test {
protected:
    StructuredErrors() {
        server.handle("own", [](std::string text) -> Result<int> {
            return Error{Errc::remote_error, text};
        });
        server.handle("with_data", [](std::string data) -> Result<int> {
            return Error{Errc::remote_error, "see data"}.with_data(std::move(data));
        });
        server.start();
        own_client.emplace(server.endpoint());
    }

    Server server;
    std::optional<Client> own_client;
    Client& client = own_client.emplace("127.0.0.1:1");
};

TEST_F(StructuredErrors, KeepTheirCodesAndTexts) {
    const auto missing = client.call(invoke<int>("nowhere").within(10s));
    EXPECT_EQ(missing.error().code(), Errc::method_not_found);
    EXPECT_EQ(missing.error().sent(), Sent::not_sent);
    const auto wrong = client.call(invoke<int>("own", 1));
    EXPECT_EQ(wrong.error().code(), Errc::invalid_arguments);
    const auto own = client.call(invoke<int>("own", "out of stock"));
    EXPECT_EQ(own.error().code(), Errc::remote_error);
    EXPECT_EQ(own.error().message(), "out of stock");
    EXPECT_EQ(own.error().data(), "");
}

TEST_F(StructuredErrors, CarryTheHandlersData) {
    const std::string data{"\x92\x01\xa1x"};  // [1, "x"]
    EXPECT_EQ(client.call(invoke<int>("with_data", data).within(10s)).error().data(), data);
    // What is no packed value would break the message.
    EXPECT_EQ(client.call(invoke<int>("with_data", "\x92\x01")).error().data(), "");
}

TEST_F(StructuredErrors, ArriveAtPlainPeersAsTexts) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "own", "out of stock") + request(2, "nowhere")));
    const auto answers = receive_answers(peer, 2);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].error, "out of stock");
    EXPECT_EQ(answers[1].error, "NOT_FOUND: no method 'nowhere'");
}

// A reply that another handler gave meanwhile came in the middle of the one that was being written.
TEST(NestedReplies, DoNotTearTheReplyThatCausesThem) {
    std::function<void()> resume;
    const auto stored = [&resume](auto&& token) {
        return asio::async_initiate<decltype(token), void()>(
            [&resume](auto handler) {
                auto kept = std::make_shared<decltype(handler)>(std::move(handler));
                resume = [kept] { std::move (*kept)(); };
            },
            token
        );
    };
    Server server;
    server.handle("wait", [&]() -> asio::awaitable<std::string> {
        co_await stored(asio::use_awaitable);
        co_return std::string(100000, 'w');
    });
    server.handle("open", [&] {
        std::exchange(resume, nullptr)();
        return std::string{"opened"};
    });
    server.handle("echo", [](std::string text) { return text; });
    server.start();
    RawPeer peer{server.endpoint()};
    const std::string large(200000, 'e');
    ASSERT_TRUE(peer.send(
        request(1, "wait") + request(2, "echo", large) + request(3, "open") +
        request(4, "echo", "after")
    ));
    std::map<std::uint32_t, std::string> results;
    for (const Answer& answer : receive_answers(peer, 4))
        results[answer.id] = answer.result;
    const auto packed = [](std::string_view text) {
        codec::Buffer out;
        codec::pack_str(out, text);
        return std::string{out.view()};
    };
    EXPECT_EQ(results[1], packed(std::string(100000, 'w')));
    EXPECT_EQ(results[2], packed(large));
    EXPECT_EQ(results[3], packed("opened"));
    EXPECT_EQ(results[4], packed("after"));
}

}  // namespace
}  // namespace rollcall::rpc::tests
