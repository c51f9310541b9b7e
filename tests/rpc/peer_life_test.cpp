// What a peer's handle leads to, from its first word to the end of its connection.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "extended_peer.h"
#include "guests.h"
#include "scripted_connection.h"
#include "server_harness.h"

#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

using rollcall::tests::RawListener;
using rollcall::tests::ScriptedConnection;

// Says when it ends, on the thread that ends it: completions are posted, and come later.
class NotedCall final : public Call {
public:
    NotedCall(const PackedInvocation& what, Deadline until, std::function<void()> ended)
        : Call(PackedInvocation{what}, until, Kind::reply), ended_(std::move(ended)) {}

    void finish(codec::Bytes) noexcept override { ended_(); }

    void fail(Error&&) noexcept override { ended_(); }

private:
    void destroy() noexcept override { delete this; }

    std::function<void()> ended_;
};

TEST(PeerLife, PostsToAPeerHaveALimit) {
    ServerOptions options;
    Guests guests;
    Server server{options};
    guests.attach(server);
    Gate gate;
    std::promise<void> leave;
    std::shared_future<void> left = leave.get_future().share();
    std::atomic<bool> blocked{false};
    server.handle("block", [&] {
        blocked = true;
        left.wait();
        return 0;
    });
    server.start();
    Client client{server.endpoint()};
    client.handle("twice", [](int n) { return 2 * n; });
    client.keep_connected();
    ASSERT_TRUE(eventually([&] { return guests.here().size() == 1; }));
    const Peer peer = guests.here()[0];
    auto block = client.async_call(invoke<int>("block").within(60s), asio::use_future);
    ASSERT_TRUE(eventually([&] { return blocked.load(); }));
    std::atomic<int> ended{0};
    std::atomic<int> refused{0};
    constexpr int kCalls = 5000;
    for (int i = 0; i < kCalls; ++i) {
        peer.async_call(invoke<int>("twice", i).within(60s), [&](const Result<int>& result) {
            if (!result && result.error().code() == Errc::overloaded) ++refused;
            ++ended;
        });
    }
    leave.set_value();
    EXPECT_TRUE(eventually([&] { return ended == kCalls; }));
    EXPECT_GE(refused, kCalls - 2 * static_cast<int>(options.max_in_flight));
    EXPECT_LT(refused, kCalls);
    EXPECT_EQ(block.get().value(), 0);
    EXPECT_EQ(peer.call(invoke<int>("twice", 4)).value(), 8);
}

TEST(PeerLife, WhatIsKeptForAPeerGoesWithItsConnectionEvenIfItHoldsThePeer) {
    struct Kept {
        Peer peer;
    };

    std::mutex mutex;
    std::weak_ptr<Kept> weak;
    std::atomic<int> gone{0};
    Server server;
    server.on_connect([&](const Peer& peer) {
        const auto kept = std::make_shared<Kept>(Kept{peer});
        const std::lock_guard lock{mutex};
        weak = kept;
        peer.set_data(kept);
    });
    server.on_disconnect([&](const Peer& peer, std::string_view) {
        if (peer.data<Kept>()) ++gone;  // still there
    });
    server.handle("one", [] { return 1; });
    server.start();
    {
        Client client{server.endpoint()};
        ASSERT_EQ(client.call(invoke<int>("one")).value(), 1);
        const std::lock_guard lock{mutex};
        ASSERT_FALSE(weak.expired());
    }
    EXPECT_TRUE(eventually([&] {
        const std::lock_guard lock{mutex};
        return weak.expired();
    }));
    EXPECT_EQ(gone, 1);
}

TEST(PeerLife, ConnectComesBeforeHandlersAndDisconnectAfterCallsHaveEnded) {
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> time{0};
        std::atomic<int> connected{-1};
        std::atomic<int> welcomed{-1};
        std::atomic<int> call_ended{-1};
        std::atomic<int> disconnected{-1};
        std::optional<Server> server{std::in_place};
        server->on_connect([](const Peer& peer) { peer.notify(invoke<void>("welcome")); });
        Gate gate;
        server->handle("hold", [&]() -> asio::awaitable<int> {
            co_await gate.pass();
            co_return 1;
        });
        server->start();
        Client client{server->endpoint()};
        client.on_connect([&](const Peer&) { connected = time++; });
        client.on_disconnect([&](const Peer&, std::string_view) { disconnected = time++; });
        client.handle("welcome", [&] { welcomed = time++; });
        const CallPtr call{new NotedCall{
            PackedInvocation::pack("hold"), Deadline::in(60s), [&] { call_ended = time++; }}};
        client.submit(call);
        ASSERT_TRUE(eventually([&] { return welcomed >= 0 && gate.begun() == 1; }));
        EXPECT_LT(connected, welcomed);
        EXPECT_GE(connected, 0);
        server->stop(0ms);
        ASSERT_TRUE(eventually([&] { return call_ended >= 0 && disconnected >= 0; }));
        EXPECT_LT(call_ended, disconnected);
        client.stop();
    }
}

// The server may be one that closes on `$/hello`, or have been restarted: metadata needs to know.
TEST(Redial, ACallWithMetadataSucceedsAfterAConnectionIsCutBeforeTheHellosAnswer) {
    RawListener listener;
    Client client{listener.endpoint()};
    auto call = client.async_call(
        invoke<int>("add", 1, 2).with("tenant", "seven").within(20s), asio::use_future
    );
    {
        ScriptedConnection cut{listener};
        ASSERT_EQ(cut.next()->method, "$/hello");
    }
    std::optional<int> sum;
    // One of the next connections says hello again.
    for (int i = 0; i < 5 && !sum; ++i) {
        RawPeer server = listener.accept();
        codec::Message hello;
        const std::string first = server.receive();
        // A plain connection, which is of no use to the call, is closed again.
        if (first.empty() || codec::parse_message(first, hello)) continue;
        ASSERT_EQ(hello.method, "$/hello");
        Hello mine;
        mine.features = Features::all();
        codec::Buffer out;
        codec::write_result_head(out, hello.id);
        write_hello_map(out, mine);
        ASSERT_TRUE(server.send(text_of(out)));
        codec::Message asked;
        const std::string bytes = server.receive();
        ASSERT_FALSE(codec::parse_message(bytes, asked, codec::Shape::with_metadata));
        EXPECT_EQ(asked.method, "add");
        EXPECT_NE(bytes.find("seven"), std::string::npos);
        ASSERT_TRUE(server.send(result(asked.id, 3)));
        sum = call.get().value();
    }
    EXPECT_EQ(sum, 3);
}

}  // namespace
}  // namespace rollcall::rpc::tests
