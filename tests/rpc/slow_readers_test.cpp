// Readers that stop reading, in either direction, after some byte of an exchange that has layers,
// streams and calls both ways, with deadlines and cancels; and what can happen to them then. Goal:
// each call and each stream ends exactly once, each layer that was entered is left, each handler
// ends, nobody takes half a stream for a whole one, and nothing is left over.
#include "depth_fixture.h"
#include "layer_book.h"
#include "stream_programs.h"
#include "streams_fixture.h"
#include "support/cutting_proxy.h"
#include "support/seed.h"

#include <asio/co_spawn.hpp>

#include <functional>
#include <random>
#include <tuple>
#include <vector>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;
using rollcall::tests::CuttingProxy;

// What happens while nobody reads.
enum class Event {
    resume,      // it goes on
    fin,         // the connection is cut
    rst,         // the connection is cut
    cancel,      // all calls and streams of the client are given up, then it goes on
    deadlines,   // all calls exceed their budgets, then it goes on
    keepalive,   // nobody says anything: both ends have to find out
    disconnect,  // the server ends the connection
    no_client,   // the client is destroyed
    no_server,   // the server is destroyed
    stop,        // the server stops, and it goes on within its grace
};

constexpr int kPoints = 12;  // of each sweep

class SlowReaders : public testing::TestWithParam<std::tuple<CuttingProxy::Direction, Event>> {
protected:
    // All that one round has: it begins and ends with it, but for what is counted.
    struct Round {
        std::optional<Server> server;
        std::optional<Client> client;
        std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
        std::vector<std::shared_ptr<Turnstile>> layers;
        std::mutex mutex;
        std::vector<Peer> peers;
        // The calls that show that nothing passes.
        Ends probes;
    };

    unsigned choose(unsigned below) {
        return std::uniform_int_distribution<unsigned>{0, below - 1}(random_);
    }

    [[nodiscard]] Event event() const { return std::get<1>(GetParam()); }

    // How long calls have that wait for something.
    [[nodiscard]] Duration budget() const {
        if (event() == Event::deadlines) return 100ms;
        // Before the hello is answered nobody asks for a sign of life.
        return event() == Event::keepalive ? 300ms : 20s;
    }

    Middlewares some_layers(Round& round) {
        Middlewares layers;
        for (const bool awaits : {false, true, false}) {
            round.layers.push_back(std::make_shared<Turnstile>(awaits));
            layers.push_back(round.layers.back());
        }
        return layers;
    }

    void start_server(Round& round) {
        ServerOptions options;
        options.io_threads = 1 + choose(2);
        options.write_queue_high = std::size_t{16} << 10U;
        options.max_in_flight = 8;
        options.streams.window = 4096;
        options.call_timeout = budget();
        options.middleware = some_layers(round);
        options.log = Log::none();
        if (event() == Event::keepalive)
            options.keepalive_interval = options.keepalive_timeout = 30ms;
        round.server.emplace(options);
        add_depth(*round.server, executed_, asked_);
        add_streams(*round.server, seen_);
        round.server->on_connect([this, &round](const Peer& peer) { greet(round, peer); });
        round.server->start();
    }

    // What the server asks of each client.
    void greet(Round& round, const Peer& peer) {
        {
            const std::lock_guard lock{round.mutex};
            round.peers.push_back(peer);
        }
        for (int i = 0; i < 4; ++i)
            peer.async_call(invoke<int>("twice", i).with("via", "server"), asked_.one());
        peer.notify(invoke<void>("news", std::string(kItemBytes, 'n')));
        const auto program = program_.executor();
        streams_.run(program, read_numbers(peer.open(count_to(kItems)), kItems));
        streams_.run(program, write_texts(peer.open(swallow("p"))));
    }

    void start_client(Round& round, const Endpoint& endpoint) {
        ClientOptions options;
        options.backoff = BackoffOptions{100us, 1ms, 2.0, 0.5};
        options.call_timeout = budget();
        options.write_queue_bytes = std::size_t{16} << 10U;
        options.max_in_flight = 16;
        options.streams.window = 4096;
        options.middleware = some_layers(round);
        options.log = Log::none();
        if (event() == Event::keepalive)
            options.keepalive_interval = options.keepalive_timeout = 30ms;
        round.client.emplace(endpoint, options);
        add_depth(*round.client);
        add_streams(*round.client, seen_);
    }

    void call(Round& round, Invocation<int> what, Ends& ends) {
        round.signals.push_back(std::make_unique<asio::cancellation_signal>());
        const auto slot = round.signals.back()->slot();
        auto end = asio::bind_cancellation_slot(slot, ends.one());
        round.client->async_call(std::move(what), std::move(end));
    }

    // Much of everything, more than the kernel takes of it.
    void ask(Round& round) {
        call(round, invoke<int>("add", 1, 2).with("tenant", "blue").within(budget()), adds_);
        call(round, invoke<int>("wait").within(2ms), calls_);
        call(round, invoke<int>("wait").within(40ms), calls_);
        call(round, invoke<int>("ask", 21).within(budget()), calls_);
        call(round, invoke<int>("pooled", 1).within(budget()), calls_);
        for (int i = 0; i < 6; ++i) {
            const std::string large(10000 + choose(10000), 'e');
            call(round, invoke<int>("fail", large).within(budget()), calls_);
            call(round, invoke<int>("add", i, i), adds_);
            round.client->notify(invoke<void>("note", "x").with("tenant", "blue"));
        }
        const auto program = program_.executor();
        Client& client = *round.client;
        streams_.run(program, read_numbers(client.open(count_to(kItems)), kItems));
        streams_.run(program, read_some(client.open(flood(kItemBytes))));
        streams_.run(program, write_texts(client.open(swallow("p"))));
        streams_.run(program, talk(client.open(chat("a"))));
        streams_.run(program, wait_for_never(client.open(never_reads().within(40ms))));
    }

    void cancel_all(Round& round) {
        for (const auto& signal : round.signals)
            signal->emit(asio::cancellation_type::total);
    }

    void disconnect_all(Round& round) {
        const std::lock_guard lock{round.mutex};
        for (const Peer& peer : round.peers)
            peer.disconnect("told to");
    }

    // Nothing passes: a call that begins now is not answered.
    void expect_held(Round& round) {
        call(round, invoke<int>("add", 5, 5).within(5ms), round.probes);
        EXPECT_TRUE(eventually([&] { return round.probes.all_ended(); }));
    }

    void happen(Round& round, CuttingProxy& proxy) {
        switch (event()) {
            case Event::resume:
                return proxy.resume();
            case Event::fin:
                return proxy.cut(CuttingProxy::How::fin);
            case Event::rst:
                return proxy.cut(CuttingProxy::How::rst);
            case Event::cancel:
                cancel_all(round);
                return proxy.resume();
            case Event::deadlines:
                EXPECT_TRUE(eventually([&] { return calls_.all_ended() && adds_.all_ended(); }));
                return proxy.resume();
            case Event::keepalive:
                EXPECT_TRUE(eventually([&] { return all_ended(); }));
                return;
            case Event::disconnect:
                return disconnect_all(round);
            case Event::no_client:
                return round.client.reset();
            case Event::no_server:
                round.server->stop(choose(2) * 10ms);
                return round.server.reset();
            case Event::stop: {
                std::thread stops{[&] { round.server->stop(5s); }};
                proxy.resume();
                return stops.join();
            }
        }
    }

    [[nodiscard]] bool all_ended() const {
        return calls_.all_ended() && adds_.all_ended() && asked_.all_ended() &&
               streams_.all_ended();
    }

    // In one order or another.
    void end(Round& round) {
        if (choose(2) == 0) round.client.reset();
        // Its default grace is too long for a client that nothing is heard of.
        if (round.server) round.server->stop(choose(2) * 10ms);
        round.server.reset();
        round.client.reset();
        round.peers.clear();
        EXPECT_TRUE(eventually([&] { return all_ended() && seen_.ended == seen_.begun; }));
        EXPECT_LE(executed_ + adds_.not_sent(), adds_.begun() + round.probes.begun() + probed_);
        probed_ += round.probes.begun();
        for (const auto& layer : round.layers) {
            EXPECT_TRUE(layer->settles())
                << layer->entered() << " in, " << layer->left() << " out, " << layer->wrong();
        }
    }

    // What was forwarded before it was held.
    std::uint64_t play(std::uint64_t bytes) {
        SCOPED_TRACE("held after byte " + std::to_string(bytes));
        const auto direction = std::get<0>(GetParam());
        Round round;
        start_server(round);
        CuttingProxy proxy{round.server->endpoint(), {direction, bytes, CuttingProxy::How::hold}};
        start_client(round, proxy.endpoint());
        ask(round);
        // Where budgets are short, all may have ended before that byte.
        EXPECT_TRUE(eventually([&] { return proxy.has_held() || all_ended(); }));
        if (proxy.has_held()) {
            ++held_;
            if (event() != Event::keepalive) expect_held(round);
            happen(round, proxy);
        }
        end(round);
        return proxy.forwarded(direction);
    }

    std::mt19937_64 random_{rollcall::tests::seed()};
    std::atomic<int> executed_{0};
    int probed_ = 0;
    int held_ = 0;  // rounds
    Ends calls_;
    Ends adds_;
    Ends asked_;
    Seen seen_;
    IoThreads program_{1};
    StreamEnds streams_;
};

TEST_P(SlowReaders, AtManyMoments) {
    Peer{}.async_call(invoke<int>("nobody"), asked_.one());
    const std::uint64_t whole = play(UINT64_MAX);
    ASSERT_GT(whole, 10000U);
    const Holdings before;
    for (std::uint64_t point = 0; point < kPoints; ++point) {
        // The first of them within the hello, the others anywhere.
        const std::uint64_t from = point * point * whole / (2 * kPoints * kPoints);
        play(1 + from + choose(40));
    }
    EXPECT_TRUE(before.are_back()) << before.compared();
    EXPECT_GE(held_, 3);
}

std::string name_of_sweep(const testing::TestParamInfo<SlowReaders::ParamType>& info) {
    const char* const events[] = {
        "Resumed",
        "Ended",
        "Reset",
        "Cancelled",
        "OutOfTime",
        "Forgotten",
        "Disconnected",
        "WithoutClient",
        "WithoutServer",
        "Stopped"};
    const auto [direction, event] = info.param;
    const bool is_server = direction == CuttingProxy::Direction::to_server;
    return std::string{is_server ? "Server" : "Client"} + events[static_cast<int>(event)];
}

INSTANTIATE_TEST_SUITE_P(
    All,
    SlowReaders,
    testing::Combine(
        testing::Values(CuttingProxy::Direction::to_server, CuttingProxy::Direction::to_client),
        testing::Values(
            Event::resume,
            Event::fin,
            Event::rst,
            Event::cancel,
            Event::deadlines,
            Event::keepalive,
            Event::disconnect,
            Event::no_client,
            Event::no_server,
            Event::stop
        )
    ),
    name_of_sweep
);

}  // namespace
}  // namespace rollcall::rpc::tests
