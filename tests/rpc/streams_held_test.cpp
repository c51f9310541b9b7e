// Streams of connections at their limits: nothing that was sent is lost, and nothing stands still.

#include "streams_fixture.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <future>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// A call takes the only place of the connection, so that requests wait; a stream that nobody reads
// is open, so that the server reads on.
class StreamsOfHeldRequests : public StreamsTest {
protected:
    void hold() {
        ServerOptions options;
        options.max_in_flight = 1;
        options.streams.window = std::size_t{1} << 20U;
        options.streams.idle_timeout = 4s;
        start(options);
        other = client->open(never_reads());
        ASSERT_TRUE(eventually([&] { return seen.begun == 1; }));
        hanging = client->async_call(
            invoke<int>("hang").within(20s),
            asio::bind_cancellation_slot(let_go.slot(), asio::use_future)
        );
    }

    // Writes items of 1000 bytes to a stream, all of which the server has read by the end.
    void write_items(const OpenStream<void, std::string, std::size_t>& stream, std::size_t count) {
        const std::uint64_t before = server->stats().bytes_read;
        for (std::size_t i = 0; i < count; ++i)
            ASSERT_TRUE(stream.write(std::string(1000, 'x')));
        ASSERT_TRUE(eventually([&] { return server->stats().bytes_read > before + 1000 * count; }));
    }

    void release() {
        let_go.emit(asio::cancellation_type::terminal);
        EXPECT_FALSE(hanging.get());
    }

    OpenStream<void, int, int> other;
    asio::cancellation_signal let_go;
    std::future<Result<int>> hanging;
};

TEST_F(StreamsOfHeldRequests, GetWhatWasSentBehindTheRequest) {
    hold();
    auto stream = client->open(swallow("p"));
    write_items(stream, 200);
    auto waits = client->async_call(invoke<int>("add", 1, 2), asio::use_future);
    stream.finish_writing();
    release();
    const Result<std::size_t> bytes = stream.finish();
    ASSERT_TRUE(bytes) << bytes.error().to_string();
    EXPECT_EQ(*bytes, 200001U);
    EXPECT_EQ(waits.get().value(), 3);
    EXPECT_EQ(server->stats().overloaded, 0U);
}

TEST_F(StreamsOfHeldRequests, AreRefusedIfMoreWasSentThanMayWait) {
    hold();
    auto stream = client->open(swallow("p"));
    // 256 KiB may wait. Items travel together, up to 64 KiB: one such message may be beyond it.
    write_items(stream, 400);
    auto next = client->open(swallow("q"));
    release();
    const Result<std::size_t> refused = stream.finish();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::overloaded);
    EXPECT_EQ(next.finish().value(), 1U);
    EXPECT_EQ(server->stats().overloaded, 1U);
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
}

TEST_F(StreamsOfHeldRequests, ThatAreCancelledAreNotExecuted) {
    hold();
    {
        auto stream = client->open(never_reads());
        ASSERT_TRUE(stream.write(1));
        auto also = client->open(swallow("p"));
        write_items(also, 10);
    }
    release();
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
    EXPECT_EQ(seen.begun, 1);
}

// The item is written while the queue is full of a reply that nobody has tried to send yet: sending
// it makes room without a word of the peer.
TEST(StreamsBesideReplies, AnItemWrittenBehindALargeReplyIsSent) {
    Gate gate;
    ServerOptions options;
    options.write_queue_high = std::size_t{16} << 10U;
    Server server{options};
    server.handle("one", [&gate](StreamWriter<int> out) -> asio::awaitable<void> {
        Gate& mine = gate;
        co_await mine.pass();
        Result<void> written = co_await out.async_write(1);
        written.value();
        asio::steady_timer never{co_await asio::this_coro::executor};
        never.expires_after(60s);
        co_await never.async_wait(asio::use_awaitable);
    });
    server.handle("large", [&gate]() -> asio::awaitable<std::string> {
        Gate& mine = gate;
        co_await mine.pass();
        co_return std::string(std::size_t{32} << 10U, 'x');
    });
    server.handle("open", [&gate] { gate.open(); });
    server.start();
    Client client{server.endpoint()};
    auto numbers = client.open(invoke<Stream<int>>("one").within(4s));
    ASSERT_TRUE(eventually([&] { return gate.begun() == 1; }));
    auto large = client.async_call(invoke<std::string>("large").within(10s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return gate.begun() == 2; }));
    // On the I/O thread: both handlers go on in one turn, the stream's first.
    client.notify(invoke<void>("open"));
    EXPECT_EQ(large.get().value().size(), std::size_t{32} << 10U);
    const auto first = numbers.read();
    ASSERT_TRUE(first) << first.error().to_string();
    EXPECT_EQ(*first, 1);
    numbers.cancel();
    server.stop(0s);
}

}  // namespace
}  // namespace rollcall::rpc::tests
