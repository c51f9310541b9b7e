// Replies of handlers that end within another handler: each goes to its own peer.

#include "server_harness.h"

#include <asio/async_result.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kResultBytes = std::size_t{256} << 10U;

// "wait" suspends, and "release" of any connection goes on with all of them in its own call; so
// does "co_release", as a coroutine that ends at once.
class Relay {
public:
    explicit Relay(ServerOptions options) : server(std::move(options)) {
        server.handle("wait", [this]() -> asio::awaitable<std::string> {
            co_await suspend();
            co_return std::string(kResultBytes, 'x');
        });
        server.handle("release", [this] { return release(); });
        server.handle("co_release", [this]() -> asio::awaitable<std::size_t> {
            co_return release();
        });
        server.handle("echo", [](std::string_view text) { return std::string{text}; });
        server.handle("waiting", [this] { return waiting_.size(); });
        server.start();
    }

    Server server;

private:
    std::size_t release() {
        const auto all = std::exchange(waiting_, {});
        for (const auto& go_on : all)
            go_on();
        return all.size();
    }

    asio::awaitable<void> suspend() {
        auto keep = [this](auto handler) {
            const auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            waiting_.push_back([shared] { std::move (*shared)(); });
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
            keep, asio::use_awaitable
        );
    }

    std::vector<std::function<void()>> waiting_;  // of the one I/O thread
};

// Makes `count` handlers of `peer` wait.
void begin_waiting(Relay& relay, RawPeer& peer, std::uint32_t count) {
    for (std::uint32_t id = 0; id < count; ++id)
        EXPECT_TRUE(peer.send(request(id, "wait")));
    Client client{relay.server.endpoint()};
    EXPECT_TRUE(eventually([&] {
        return client.call(invoke<std::size_t>("waiting")).value() == count;
    }));
}

class Replies : public testing::TestWithParam<const char*> {};

TEST_P(Replies, PassingTheHardLimitInAnothersHandlerSendsNothingOfItsConnection) {
    constexpr std::uint32_t kWaiting = 4;
    ServerOptions options;
    // Every result exceeds it until the kernel has taken it.
    options.write_queue_high = options.write_queue_hard = kResultBytes / 2;
    options.log = Log::none();
    Relay relay{options};
    RawPeer waits{relay.server.endpoint()};
    begin_waiting(relay, waits, kWaiting);
    RawPeer releases{relay.server.endpoint()};
    const std::string before(2000, 'b');
    EXPECT_TRUE(releases.send(
        request(1, "echo", before) + request(2, GetParam()) + request(3, "echo", "after")
    ));
    const std::string expected = result(1, before) + result(2, kWaiting) + result(3, "after");
    EXPECT_TRUE(releases.receive_exactly(expected.size()) == expected);
    for (const Answer& answer : receive_answers(waits, kWaiting)) {
        EXPECT_LT(answer.id, kWaiting);
        EXPECT_EQ(answer.error, "");
        EXPECT_GT(answer.result.size(), kResultBytes);
    }
}

TEST_P(Replies, ExceedingTheHardLimitInItsOwnHandlerLeavesNothingToOthers) {
    constexpr std::uint32_t kWaiting = 64;  // 16 MiB: more than the kernel takes
    ServerOptions options;
    options.write_queue_high = options.write_queue_hard = kResultBytes;
    KeptLog log;
    options.log = log.log();
    Relay relay{options};
    RawPeer peer{relay.server.endpoint()};
    peer.set_receive_buffer(4096);
    begin_waiting(relay, peer, kWaiting);
    RawPeer other{relay.server.endpoint()};
    EXPECT_TRUE(other.send(request(1, "echo", "a")));
    EXPECT_EQ(other.receive_exactly(result(1, "a").size()), result(1, "a"));
    EXPECT_TRUE(peer.send(request(100, "echo", "mine") + request(101, GetParam())));
    EXPECT_TRUE(eventually([&] { return log.count(LogLevel::warning, "write_queue_hard") == 1; }))
        << log.text();
    EXPECT_TRUE(other.send(request(2, "echo", "b")));
    EXPECT_EQ(other.receive_exactly(result(2, "b").size()), result(2, "b"));
}

INSTANTIATE_TEST_SUITE_P(
    InAHandler,
    Replies,
    testing::Values("release", "co_release"),
    [](const auto& each) { return std::string{each.param}; }
);

}  // namespace
}  // namespace rollcall::rpc::tests
