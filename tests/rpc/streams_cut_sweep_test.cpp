// Cuts the connection after each of many bytes of a scenario with streams in all directions, by FIN
// and by RST. Goal: each stream ends once, on both sides, whatever the moment; and nobody takes
// half a stream for a whole one.

#include "streams_fixture.h"
#include "support/cutting_proxy.h"

#include <tuple>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;

class StreamsCutSweep
    : public StreamsTest,
      public testing::WithParamInterface<std::tuple<CuttingProxy::Direction, CuttingProxy::How>> {
protected:
    // What was forwarded.
    std::uint64_t play(std::uint64_t bytes) {
        SCOPED_TRACE("cut after byte " + std::to_string(bytes));
        const auto [direction, how] = GetParam();
        const CuttingProxy proxy{server->endpoint(), {direction, bytes, how}};
        ClientOptions options;
        options.io = threads;
        options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        Client caller{proxy.endpoint(), options};
        auto numbers = caller.open(count_to(30));
        auto adding = caller.open(sum());
        auto talk = caller.open(chat("a"));
        auto failing = caller.open(fail_after(3));
        for (int i = 1; i <= 5; ++i)
            static_cast<void>(adding.write(i));
        if (talk.write("x")) {
            const auto line = talk.read();
            EXPECT_TRUE(!line || *line == "a: x");
        }
        talk.finish_writing();
        const auto talked = talk.read();
        EXPECT_TRUE(!talked || !talked->has_value());
        int next = 1;
        Result<std::optional<int>> number = numbers.read();
        for (; number && *number; number = numbers.read())
            EXPECT_EQ(**number, next++);
        EXPECT_TRUE(!number || next == 31) << next;
        Result<std::optional<int>> failed = failing.read();
        while (failed && *failed)
            failed = failing.read();
        EXPECT_FALSE(failed);
        const Result<int> total = adding.finish();
        EXPECT_TRUE(!total || *total == 15);
        return proxy.forwarded(direction);
    }

    IoThreads threads{1};
};

TEST_P(StreamsCutSweep, EachStreamEndsOnce) {
    start();
    const std::uint64_t whole = play(UINT64_MAX);
    ASSERT_GT(whole, 100U);
    for (std::uint64_t bytes = 0; bytes < whole; bytes += 1 + bytes % 3)
        play(bytes);
    EXPECT_EQ(client->call(invoke<int>("add", 1, 2)).value(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    StreamsCutSweep,
    testing::Combine(
        testing::Values(CuttingProxy::Direction::to_server, CuttingProxy::Direction::to_client),
        testing::Values(CuttingProxy::How::fin, CuttingProxy::How::rst)
    )
);

}  // namespace
}  // namespace rollcall::rpc::tests
