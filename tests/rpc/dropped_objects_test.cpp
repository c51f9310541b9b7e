// Clients, servers, peers, futures and awaitables dropped at any moment of calls in both
// directions, in an order that the seed gives: every call ends exactly once and nothing is left
// over.
#include "depth_fixture.h"
#include "support/seed.h"

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>

#include <mutex>
#include <optional>
#include <random>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::eventually;

class DroppedObjects : public testing::Test {
protected:
    unsigned choose(unsigned below) {
        return std::uniform_int_distribution<unsigned>{0, below - 1}(random_);
    }

    void start_server() {
        ServerOptions options;
        options.io_threads = 1 + choose(2);
        options.log = Log::none();
        server_.emplace(options);
        add_depth(*server_, executed_, asked_);
        server_->handle("stay", [this](Context& context) {
            const std::lock_guard lock{mutex_};
            peers_.push_back(context.peer());
        });
        server_->start();
    }

    void start_client() {
        ClientOptions options;
        options.call_timeout = 10s;
        options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        options.log = Log::none();
        client_.emplace(server_->endpoint(), options);
        add_depth(*client_);
        if (choose(2) == 0) client_->keep_connected();
    }

    std::optional<Peer> a_peer() {
        const std::lock_guard lock{mutex_};
        if (peers_.empty()) return std::nullopt;
        return peers_[choose(static_cast<unsigned>(peers_.size()))];
    }

    void call() {
        signals_.push_back(std::make_unique<asio::cancellation_signal>());
        auto end = asio::bind_cancellation_slot(signals_.back()->slot(), ends_.one());
        switch (choose(6)) {
            case 0:
                return client_->async_call(invoke<int>("add", 1, 2).within(10s), std::move(end));
            case 1:
                return client_->async_call(invoke<int>("wait").within(10s), std::move(end));
            case 2:
                return client_->async_call(invoke<int>("wait").within(1ms), std::move(end));
            case 3:
                return client_->async_call(invoke<int>("ask", 3).with("a-b", "c"), std::move(end));
            case 4:
                return client_->async_call(invoke<int>("pooled", 3), std::move(end));
            default:
                break;
        }
        client_->async_call(invoke<int>("fail", std::string(choose(9000), 'x')), std::move(end));
    }

    void step() {
        switch (choose(12)) {
            case 0:
                return signals_.empty() ? void() : cancel_one();
            case 1:
                return client_->notify(invoke<void>("note", "x").with("tenant", "blue"));
            case 2: {  // a future that nobody waits for
                const auto dropped =
                    client_->async_call(invoke<int>("add", 1, 1), asio::use_future);
                return;
            }
            case 3:
                return ask_a_peer();
            case 4:
                return client_->notify(invoke<void>("stay"));
            case 5:
                if (const auto peer = a_peer(); peer && choose(4) == 0) peer->disconnect("dropped");
                return;
            default:
                return call();
        }
    }

    void cancel_one() {
        signals_[choose(static_cast<unsigned>(signals_.size()))]->emit(
            asio::cancellation_type::total
        );
    }

    void ask_a_peer() {
        const auto peer = a_peer();
        if (!peer) return;
        peer->async_call(invoke<int>("twice", 2).within(10s), asked_.one());
        peer->notify(invoke<void>("news", "x"));
    }

    // In one order or another, with or without a grace.
    void drop_all() {
        if (choose(2) == 0) client_.reset();
        if (choose(2) == 0) server_->stop(choose(2) == 0 ? 0ms : 50ms);
        if (choose(2) == 0) client_.reset();
        server_.reset();
        client_.reset();
        const std::lock_guard lock{mutex_};
        peers_.clear();
    }

    void play_round() {
        start_server();
        start_client();
        const unsigned steps = choose(30);
        for (unsigned i = 0; i < steps; ++i)
            step();
        drop_all();
        EXPECT_TRUE(eventually([&] { return ends_.all_ended() && asked_.all_ended(); }));
        signals_.clear();
    }

    std::mt19937_64 random_{rollcall::tests::seed()};
    std::atomic<int> executed_{0};
    Ends ends_;
    Ends asked_;
    std::mutex mutex_;
    std::vector<Peer> peers_;
    std::vector<std::unique_ptr<asio::cancellation_signal>> signals_;
    std::optional<Server> server_;
    std::optional<Client> client_;
};

TEST_F(DroppedObjects, EachCallEndsOnceInAnyOrder) {
    // Whatever is made once has been made: Asio's own threads too, on which calls end whose peer
    // has gone with its loop.
    Peer{}.async_call(invoke<int>("nobody"), ends_.one());
    play_round();
    const Holdings before;
    for (int round = 0; round < 60; ++round)
        play_round();
    EXPECT_TRUE(before.are_back()) << before.compared();
}

}  // namespace
}  // namespace rollcall::rpc::tests
