// How streams end before their time: by either side, by time, with the connection.

#include "streams_fixture.h"

#include <future>
#include <thread>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

class StreamsEnd : public StreamsTest {
protected:
    [[nodiscard]] bool handlers_end(int count) {
        return eventually([&] { return seen.ended == count; });
    }

    [[nodiscard]] Errc handler_error() const { return static_cast<Errc>(seen.last_error.load()); }
};

template <class Open>
Errc read_to_error(Open& stream) {
    for (;;) {
        const auto next = stream.read();
        if (!next) return next.error().code();
        if (!*next) return Errc{};
    }
}

TEST_F(StreamsEnd, ADestroyedHandleStopsTheHandler) {
    start();
    {
        auto texts = client->open(flood(100));
        ASSERT_TRUE(texts.read());
    }
    EXPECT_TRUE(handlers_end(1));
    EXPECT_EQ(handler_error(), Errc::cancelled);
    EXPECT_TRUE(seen.stop_asked);
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_F(StreamsEnd, HandlesMayBeDestroyedAtAnyPoint) {
    start();
    for (int reads = 0; reads < 50; ++reads) {
        auto texts = client->open(flood(1 + static_cast<std::size_t>(reads) * 50));
        for (int i = 0; i < reads; ++i)
            ASSERT_TRUE(texts.read());
        auto adding = client->open(sum());
        for (int i = 0; i < reads; ++i)
            ASSERT_TRUE(adding.write(i));
        auto talk = client->open(chat("x"));
        if (reads % 3 == 0) talk.finish_writing();
        if (reads % 3 == 1) static_cast<void>(talk.write("y"));
        auto moved = std::move(texts);
        moved = client->open(flood(1));  // the former one is cancelled
    }
    // Those that were cancelled before they were sent have not begun.
    EXPECT_TRUE(eventually([&] { return seen.ended == seen.begun; }));
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_F(StreamsEnd, CancelWakesWhoWaits) {
    start();
    auto waiting = client->open(never_reads());
    auto result = std::async(std::launch::async, [&] { return waiting.finish(); });
    EXPECT_TRUE(eventually([&] { return seen.begun == 1; }));
    waiting.cancel();
    const Result<int> ended = result.get();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::cancelled);
    EXPECT_TRUE(handlers_end(1));
    EXPECT_TRUE(seen.stop_asked);
}

TEST_F(StreamsEnd, TheHandlerMayEndWhileTheOtherSideWrites) {
    start();
    auto adding = client->open(first_only());
    ASSERT_TRUE(adding.write(7));
    Result<void> written;
    while (written)
        written = adding.write(8);
    EXPECT_EQ(written.error().code(), Errc::stream_failed);
    EXPECT_EQ(adding.finish().value(), 7);
}

TEST_F(StreamsEnd, AReaderThatStopsStopsTheWriterAndNobodyElse) {
    ServerOptions options;
    options.streams.window = options.streams.max_window = std::size_t{256} << 10U;
    ClientOptions client_options;
    client_options.streams.window = client_options.streams.max_window = std::size_t{64} << 10U;
    start(options, client_options);
    constexpr std::size_t kItem = 1000;
    auto texts = client->open(flood(kItem));
    auto stuck = client->open(never_reads());
    // The reader's window, and less than as much again that the writer may keep.
    EXPECT_TRUE(eventually([&] { return seen.written >= std::size_t{64} << 10U; }));
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(client->call(invoke<int>("add", i, 1)).value(), i + 1);
        ASSERT_LE(seen.written, std::size_t{130} << 10U);
    }
    auto others = client->open(count_to(10000));
    EXPECT_EQ(read_to_error(others), Errc{});
    const std::size_t before = seen.written;
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(texts.read().value().value().size(), kItem);
    EXPECT_TRUE(eventually([&] { return seen.written > before; }));
}

TEST_F(StreamsEnd, ADeadlineEndsBothSides) {
    start();
    auto texts = client->open(flood(10).within(100ms));
    EXPECT_EQ(read_to_error(texts), Errc::timed_out);
    EXPECT_TRUE(handlers_end(1));
    EXPECT_TRUE(handler_error() == Errc::timed_out || handler_error() == Errc::cancelled);
}

TEST_F(StreamsEnd, AStreamOutlivesTheCallTimeout) {
    ClientOptions options;
    options.call_timeout = 50ms;
    start(ServerOptions(), options);
    auto talk = client->open(chat("a"));
    ASSERT_TRUE(talk.write("x"));
    ASSERT_EQ(talk.read().value(), "a: x");
    // For as long as the time-out lasts, and then some.
    static_cast<void>(client->call(invoke<int>("hang")));
    static_cast<void>(client->call(invoke<int>("hang")));
    ASSERT_TRUE(talk.write("y"));
    ASSERT_EQ(talk.read().value(), "a: y");
}

TEST_F(StreamsEnd, SilenceEndsAStreamOnTheServer) {
    ServerOptions options;
    options.streams.idle_timeout = 50ms;
    start(options);
    auto waiting = client->open(never_reads());
    const Result<int> ended = waiting.finish();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::timed_out);
    EXPECT_TRUE(handlers_end(1));
}

TEST_F(StreamsEnd, SilenceEndsAStreamOnTheClient) {
    ClientOptions options;
    options.streams.idle_timeout = 50ms;
    start(ServerOptions(), options);
    auto waiting = client->open(never_reads());
    const Result<int> ended = waiting.finish();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), Errc::timed_out);
    EXPECT_TRUE(handlers_end(1));  // it was cancelled
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_F(StreamsEnd, AClientThatStopsEndsItsStreams) {
    start();
    auto texts = client->open(flood(100));
    ASSERT_TRUE(texts.read());
    auto waiting = client->open(never_reads());
    EXPECT_TRUE(eventually([&] { return seen.begun == 2; }));
    client->stop();
    EXPECT_EQ(read_to_error(texts), Errc::shutting_down);
    EXPECT_EQ(waiting.finish().error().code(), Errc::shutting_down);
    EXPECT_TRUE(handlers_end(2));
    EXPECT_EQ(handler_error(), Errc::connection_lost);
    client.reset();
    EXPECT_EQ(read_to_error(texts), Errc::shutting_down);  // the handle outlives its client
}

TEST_F(StreamsEnd, AServerThatStopsLetsStreamsEnd) {
    start();
    auto talk = client->open(chat("a"));
    auto numbers = client->open(count_to(200000));
    ASSERT_TRUE(talk.write("1"));
    ASSERT_EQ(talk.read().value(), "a: 1");
    ASSERT_EQ(numbers.read().value(), 1);
    auto stopped = std::async(std::launch::async, [&] { server->stop(20s); });
    EXPECT_TRUE(eventually([&] { return client->state() == ClientState::idle; }));
    for (int i = 2; i <= 200000; ++i)
        ASSERT_EQ(numbers.read().value(), i);
    EXPECT_EQ(numbers.read().value(), std::nullopt);
    const std::string large(300000, 'l');
    ASSERT_TRUE(talk.write(large));
    ASSERT_TRUE(talk.read().value() == "a: " + large);
    talk.finish_writing();
    EXPECT_EQ(talk.read().value(), std::nullopt);
    stopped.get();
}

TEST_F(StreamsEnd, AServerCutsStreamsAfterItsGrace) {
    start();
    auto texts = client->open(flood(100));
    ASSERT_TRUE(texts.read());
    auto waiting = client->open(never_reads());
    EXPECT_TRUE(eventually([&] { return seen.begun == 2; }));
    server->stop(50ms);
    EXPECT_EQ(read_to_error(texts), Errc::connection_lost);
    EXPECT_EQ(waiting.finish().error().code(), Errc::connection_lost);
    EXPECT_TRUE(handlers_end(2));
}

TEST_F(StreamsEnd, NoConnectionIsSaidByTheFirstOperation) {
    ClientOptions options;
    options.wait_for_ready = true;
    options.call_timeout = 50ms;
    options.connect_timeout = 20ms;
    Client nobody{"127.0.0.1:1", options};
    auto numbers = nobody.open(count_to(1));
    const auto none = numbers.read();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), Errc::timed_out);
    EXPECT_EQ(none.error().sent(), Sent::not_sent);
}

asio::awaitable<int> nested(Client& client, std::atomic<int>& code) {
    auto texts = client.open(flood(10));
    for (;;) {
        auto next = co_await texts.async_read();
        if (next) continue;
        code = static_cast<int>(next.error().code());
        co_return 0;
    }
}

TEST_F(StreamsEnd, AHandlersStreamsEndWithIt) {
    start();
    std::atomic<int> code{0};
    Server middle;
    middle.handle("middle", [&] { return nested(*client, code); });
    middle.start();
    {
        Client caller{middle.endpoint()};
        auto pending = caller.async_call(invoke<int>("middle"), asio::use_future);
        EXPECT_TRUE(eventually([&] { return seen.begun == 1; }));
    }
    EXPECT_TRUE(handlers_end(1));
    EXPECT_TRUE(eventually([&] { return code != 0; }));
    EXPECT_EQ(static_cast<Errc>(code.load()), Errc::cancelled);
}

}  // namespace
}  // namespace rollcall::rpc::tests
