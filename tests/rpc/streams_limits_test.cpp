// Each limit of streams: at it, under it, over it.

#include "streams_fixture.h"

#include <algorithm>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

class StreamsLimits : public StreamsTest {};

TEST_F(StreamsLimits, OneStreamTooManyOfTheClientsIsRefusedByTheServer) {
    ServerOptions options;
    options.streams.max_streams = 3;
    start(options);
    std::vector<OpenStream<void, int, int>> open;
    for (int i = 0; i < 3; ++i)
        open.push_back(client->open(sum()));
    ASSERT_TRUE(eventually([&] { return client->state() == ClientState::ready; }));
    auto over = client->open(sum());
    const Result<int> refused = over.finish();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(open.back().finish().value(), 0);
    open.pop_back();
    EXPECT_EQ(client->open(sum()).finish().value(), 0);  // there is room again
}

TEST_F(StreamsLimits, OneStreamTooManyOfItsOwnFailsUnsent) {
    ClientOptions options;
    options.streams.max_streams = 3;
    start(ServerOptions(), options);
    std::vector<OpenStream<void, int, int>> open;
    for (int i = 0; i < 3; ++i)
        open.push_back(client->open(never_reads()));
    ASSERT_TRUE(eventually([&] { return seen.begun == 3; }));
    const Result<int> refused = client->open(sum()).finish();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(refused.error().sent(), Sent::not_sent);
    open.pop_back();
    EXPECT_TRUE(eventually([&] { return client->open(sum()).finish().has_value(); }));
}

TEST_F(StreamsLimits, StreamsTakeNoRoomOfCalls) {
    ServerOptions options;
    options.max_in_flight = 2;
    ClientOptions client_options;
    client_options.max_in_flight = 2;
    start(options, client_options);
    std::vector<OpenStream<void, int, int>> open;
    for (int i = 0; i < 10; ++i)
        open.push_back(client->open(sum()));
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
    for (auto& each : open) {
        ASSERT_TRUE(each.write(5));
        ASSERT_EQ(each.finish().value(), 5);
    }
}

// Calls at their limit must not keep the server from what is said about streams.
TEST_F(StreamsLimits, CallsThatWaitForStreamsDoNotStopThem) {
    ServerOptions options;
    options.max_in_flight = 1;
    start(options);
    Server held{options};
    Gate gate;
    held.handle("hold", [&]() -> asio::awaitable<void> { co_await gate.pass(); });
    held.handle(sum, handlers::sum);
    held.start();
    Client caller{held.endpoint()};
    auto adding = caller.open(sum());
    auto pending = caller.async_call(invoke<void>("hold"), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    for (int i = 0; i < 100000; ++i)
        ASSERT_TRUE(adding.write(1));
    EXPECT_EQ(adding.finish().value(), 100000);
    const auto over = caller.call(invoke<void>("hold").within(1ms));
    EXPECT_FALSE(over);
    gate.open();
    EXPECT_TRUE(pending.get());
}

TEST_F(StreamsLimits, AnItemTooLargeFailsAloneAndTheStreamGoesOn) {
    ServerOptions options;
    options.limits.max_message_bytes = 10000;
    start(options);
    auto talk = client->open(chat(""));
    // 3 bytes of head.
    EXPECT_TRUE(talk.write(std::string(9990, 'x')));
    EXPECT_EQ(talk.read().value().value().size(), 9992U);
    const auto over = talk.write(std::string(9998, 'x'));
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code(), Errc::message_too_large);
    EXPECT_TRUE(talk.write(std::string(9995, 'x')));
    EXPECT_EQ(talk.read().value().value().size(), 9997U);  // at the limit with its head
    EXPECT_TRUE(talk.write("small"));
    EXPECT_EQ(talk.read().value(), ": small");
    // The handler's answer to this is over its own limit, and it ends.
    EXPECT_TRUE(talk.write(std::string(9997, 'x')));
    EXPECT_FALSE(talk.read().value().has_value());
}

TEST_F(StreamsLimits, ItemsPassThroughTheSmallestWindows) {
    for (const std::size_t window : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
        ServerOptions options;
        options.streams.window = options.streams.max_window = window;
        ClientOptions client_options;
        client_options.streams.window = client_options.streams.max_window = window;
        start(options, client_options);
        auto talk = client->open(chat("a"));
        for (int i = 0; i < 5; ++i) {
            ASSERT_TRUE(talk.write(std::string(500, 'x')));
            ASSERT_EQ(talk.read().value().value().size(), 503U);
        }
        talk.finish_writing();
        EXPECT_EQ(talk.read().value(), std::nullopt);
    }
}

TEST_F(StreamsLimits, MessagesFitPeersThatTakeSmallOnes) {
    ServerOptions options;
    options.limits.max_message_bytes = 300;
    ClientOptions client_options;
    client_options.limits.max_message_bytes = 250;
    start(options, client_options);
    auto numbers = client->open(count_to(10000));
    int last = 0;
    for (const int number : numbers)
        last = number;
    EXPECT_EQ(last, 10000);
    auto adding = client->open(sum());
    for (int i = 0; i < 10000; ++i)
        ASSERT_TRUE(adding.write(1));
    EXPECT_EQ(adding.finish().value(), 10000);
}

TEST_F(StreamsLimits, OptionsThatMakeNoSenseAreRefused) {
    const auto refused = [](auto change) {
        ServerOptions server_options;
        change(server_options.streams);
        ClientOptions client_options;
        change(client_options.streams);
        EXPECT_THROW(Server{server_options}, std::invalid_argument);
        EXPECT_THROW((Client{"127.0.0.1:1", client_options}), std::invalid_argument);
    };
    refused([](StreamOptions& options) { options.max_streams = 0; });
    refused([](StreamOptions& options) { options.window = 0; });
    refused([](StreamOptions& options) { options.max_window = options.window - 1; });
    refused([](StreamOptions& options) {
        options.window = options.max_window = std::size_t{1} << 31U;
    });
    refused([](StreamOptions& options) { options.idle_timeout = Duration::zero(); });
}

// Ten thousand streams at a time on one connection, each with something to say, and calls between.
TEST_F(StreamsLimits, TenThousandStreamsOnOneConnection) {
    constexpr std::size_t kStreams = kSanitized ? 1000 : 10000;
    ServerOptions options;
    options.streams.max_streams = kStreams;
    ClientOptions client_options;
    client_options.streams.max_streams = kStreams;
    client_options.streams.window = client_options.streams.max_window = 4096;
    start(options, client_options);
    ASSERT_TRUE(client->call(invoke<int>("add", 1, 2)));
    const std::size_t before = resident_kib();
    std::vector<OpenStream<std::string, void, void>> open;
    open.reserve(kStreams);
    // Nobody reads: each is to be held by its window, and all by what the connection takes.
    for (std::size_t i = 0; i < kStreams; ++i)
        open.push_back(client->open(flood(3000)));
    ASSERT_TRUE(eventually([&] { return seen.begun == static_cast<int>(kStreams); }, 60s));
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2).within(60s)).value(), 3);
    for (auto& each : open)
        ASSERT_EQ(each.read().value().value().size(), 3000U);
    const std::size_t after = resident_kib();
    // Both ends are in this process: a window and at most two items each, and the frames.
    EXPECT_TRUE(kSanitized || after - before < std::size_t{250} << 10U) << after - before;
    open.clear();
    EXPECT_TRUE(eventually([&] { return seen.ended == static_cast<int>(kStreams); }, 60s));
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2).within(60s)).value(), 3);
}

}  // namespace
}  // namespace rollcall::rpc::tests
