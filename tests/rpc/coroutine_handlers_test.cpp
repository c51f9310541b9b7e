// Coroutine handlers that end while they are being begun, on their thread or on another one: what
// their peers get, and what is counted.

#include "server_harness.h"

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::rpc::tests {

using namespace std::chrono_literals;

struct Unpackable {
    template <class Packer>
    void msgpack_pack(Packer& packer) const {
        packer.pack_array(2);
        throw std::runtime_error{"cannot be packed"};
    }

    void msgpack_unpack(const msgpack::object&) {}
};

// Whose packing runs some of the program's own code.
struct Meddler {
    std::function<void()> meddle;

    template <class Packer>
    void msgpack_pack(Packer& packer) const {
        packer.pack_array(2);
        packer.pack(1);
        meddle();
        packer.pack(2);
    }

    void msgpack_unpack(const msgpack::object&) {}
};

namespace {

MethodStats stats_of(const Server& server, std::string_view name) {
    for (const MethodStats& stats : server.method_stats()) {
        if (stats.name == name) return stats;
    }
    return {};
}

// Goes on at once, on a thread of its own, and comes back when the coroutine waits again or has
// ended there.
asio::awaitable<void> go_on_elsewhere() {
    auto begin = [](auto handler) {
        std::thread thread{[given = std::move(handler)]() mutable { std::move(given)(); }};
        thread.join();
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        begin, asio::use_awaitable
    );
}

// Goes on when `resume` is called, inside of it.
asio::awaitable<void> until_resumed(std::function<void()>& resume) {
    auto begin = [&resume](auto handler) {
        auto kept = std::make_shared<decltype(handler)>(std::move(handler));
        resume = [kept] { std::move (*kept)(); };
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
        begin, asio::use_awaitable
    );
}

class BegunCoroutines : public testing::Test {
protected:
    BegunCoroutines() {
        server.handle("plain", [](int n) { return n; });
        server.handle("at_once", [](int n) -> asio::awaitable<int> { co_return n; });
        server.handle("later", [](int n) -> asio::awaitable<int> {
            auto executor = co_await asio::this_coro::executor;
            co_await asio::post(executor, asio::use_awaitable);
            co_return n;
        });
        server.handle("nothing", [](int) -> asio::awaitable<void> { co_return; });
        server.handle("throws", [](int n) -> asio::awaitable<int> {
            if (n >= 0) throw std::runtime_error{"no"};
            co_return n;
        });
        server.handle("big", [](int n) -> asio::awaitable<std::string> {
            co_return std::string(static_cast<std::size_t>(n), 'x');
        });
        server.handle("unpackable", [](int) -> asio::awaitable<Unpackable> {
            co_return Unpackable{};
        });
        server.handle("elsewhere", [](int n) -> asio::awaitable<int> {
            co_await go_on_elsewhere();
            co_return n;
        });
        server.handle("elsewhere_throws", [](int) -> asio::awaitable<int> {
            co_await go_on_elsewhere();
            throw std::runtime_error{"no"};
        });
    }

    static ServerOptions options() {
        ServerOptions options;
        options.limits.max_message_bytes = 4096;
        return options;
    }

    Server server{options()};
};

TEST_F(BegunCoroutines, ThatEndAtOnceAnswerInTheOrderOfTheirRequests) {
    server.start();
    RawPeer peer{server.endpoint()};
    std::string requests;
    std::string replies;
    for (std::uint32_t id = 0; id < 100; id += 2) {
        requests += request(id, "at_once", id) + request(id + 1, "plain", id);
        replies += result(id, id) + result(id + 1, id);
    }
    ASSERT_TRUE(peer.send(requests));
    EXPECT_EQ(peer.receive_exactly(replies.size()), replies);
}

TEST_F(BegunCoroutines, LeaveNoHalfMessagesWhenThereIsNoResult) {
    server.start();
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(
        request(1, "plain", 1) + request(2, "throws", 1) + request(3, "unpackable", 1) +
        request(4, "big", 5000) + notification("at_once", 1) + request(5, "nothing", 1) +
        request(6, "at_once", "no number") + request(7, "plain", 7)
    ));
    const auto answers = receive_answers(peer, 7);
    ASSERT_EQ(answers.size(), 7U);
    for (std::size_t i = 0; i < answers.size(); ++i)
        EXPECT_EQ(answers[i].id, i + 1);
    EXPECT_NE(answers[1].error.find("no"), std::string::npos);
    EXPECT_NE(answers[2].error.find("cannot be packed"), std::string::npos);
    EXPECT_NE(answers[3].error.find("the limit is 4096"), std::string::npos);
    EXPECT_EQ(answers[4].error, "");
    EXPECT_NE(answers[5].error, "");
    EXPECT_EQ(answers[6].error, "");
}

TEST_F(BegunCoroutines, WhoseRepliesComeWhileAnotherIsPackedFollowIt) {
    std::function<void()> resume;
    server.handle("wait", [&resume](int n) -> asio::awaitable<int> {
        co_await until_resumed(resume);
        co_return n;
    });
    server.handle("meddle", [&resume](int) -> asio::awaitable<Meddler> {
        co_return Meddler{resume};
    });
    server.start();
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "wait", 5) + request(2, "meddle", 0) + request(3, "plain", 7))
    );
    const std::string replies = result(2, std::vector<int>{1, 2}) + result(1, 5) + result(3, 7);
    EXPECT_EQ(peer.receive_exactly(replies.size()), replies);
}

TEST_F(BegunCoroutines, AreCountedOnceHoweverTheyEnd) {
    server.start();
    Client client{server.endpoint()};
    for (const char* const method : {"at_once", "later", "elsewhere"}) {
        for (int n = 0; n < 3; ++n)
            ASSERT_EQ(client.call(invoke<int>(method, n)).value(), n);
        client.notify(invoke<void>(method, 1));
        EXPECT_TRUE(eventually([&] { return stats_of(server, method).ok == 4; })) << method;
        const MethodStats stats = stats_of(server, method);
        EXPECT_EQ(stats.calls(), 4U) << method;
        EXPECT_EQ(stats.in_flight, 0U) << method;
        EXPECT_GT(stats.request_bytes, 4 * 8U) << method;
        EXPECT_GT(stats.reply_bytes, 3 * 4U) << method;
    }
    for (const char* const method : {"throws", "elsewhere_throws"}) {
        EXPECT_EQ(client.call(invoke<int>(method, 1)).error().code(), Errc::handler_failed);
        const MethodStats stats = stats_of(server, method);
        EXPECT_EQ(stats.failed(), 1U) << method;
        EXPECT_EQ(stats.calls(), 1U) << method;
        EXPECT_EQ(stats.in_flight, 0U) << method;
    }
    EXPECT_EQ(server.stats().in_flight_bytes, 0U);
}

// The race in which another thread goes on with a coroutine before the I/O thread knows that it
// waits; here that thread always wins.
TEST_F(BegunCoroutines, MayEndElsewhereWhileTheyAreBegun) {
    server.start();
    {
        RawPeer peer{server.endpoint()};
        std::string requests;
        for (std::uint32_t id = 1; id <= 32; ++id)
            requests += request(id, "elsewhere", id) + notification("elsewhere", 1);
        ASSERT_TRUE(peer.send(requests));
        const auto answers = receive_answers(peer, 32);
        ASSERT_EQ(answers.size(), 32U);
        // The ids are free again.
        ASSERT_TRUE(peer.send(request(1, "elsewhere", 1) + request(2, "at_once", 2)));
        EXPECT_EQ(receive_answers(peer, 2).size(), 2U);
        EXPECT_TRUE(eventually([&] { return server.stats().in_flight_bytes == 0; }));
    }
    server.stop(10s);
    EXPECT_EQ(stats_of(server, "elsewhere").ok, 65U);
    EXPECT_EQ(stats_of(server, "elsewhere").in_flight, 0U);
}

TEST_F(BegunCoroutines, OnThePoolMayEndWhileTheyAreBegun) {
    server.handle(
        "pool",
        [](int n) -> asio::awaitable<int> { co_return n; },
        HandlerOptions{.run = RunOn::pool}
    );
    server.start();
    Client client{server.endpoint()};
    std::vector<std::future<Result<int>>> calls;
    for (int n = 0; n < 500; ++n)
        calls.push_back(client.async_call(invoke<int>("pool", n), asio::use_future));
    for (int n = 0; n < 500; ++n)
        EXPECT_EQ(calls[static_cast<std::size_t>(n)].get().value(), n);
    EXPECT_TRUE(eventually([&] { return server.stats().in_flight_bytes == 0; }));
    EXPECT_EQ(stats_of(server, "pool").ok, 500U);
}

// They keep what they run on, of a server that is gone too.
TEST_F(BegunCoroutines, ExecutorsOfTheirsMayBeKept) {
    std::optional<asio::any_io_executor> kept;
    std::atomic<int> ran{0};
    std::optional<Server> keeper{std::in_place};
    keeper->handle("keep", [&kept](int n) -> asio::awaitable<int> {
        kept = co_await asio::this_coro::executor;
        co_return n;
    });
    keeper->start();
    {
        Client client{keeper->endpoint()};
        ASSERT_EQ(client.call(invoke<int>("keep", 1)).value(), 1);
        const auto first = *kept;
        asio::post(first, [&ran, first] { ++ran; });
        EXPECT_TRUE(eventually([&] { return ran.load() == 1; }));
        ASSERT_EQ(client.call(invoke<int>("keep", 2)).value(), 2);
        EXPECT_NE(first, *kept);
        EXPECT_EQ(*kept, asio::any_io_executor{*kept});
    }
    keeper.reset();
    asio::post(*kept, [&ran, held = *kept] { ++ran; });
    kept.reset();
    EXPECT_EQ(ran.load(), 1) << "nothing of a handler goes on after the server's end";
}

}  // namespace
}  // namespace rollcall::rpc::tests
