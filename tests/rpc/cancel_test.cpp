// What becomes of requests for which nobody waits any more.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "hello.h"
#include "server_harness.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace rollcall::rpc::tests {
namespace {

using namespace std::chrono_literals;

// A hello with all features, as a request.
std::string full_hello(std::uint32_t id) {
    Hello mine;
    mine.features = Features::all();
    codec::Buffer out;
    codec::write_request_head(out, id);
    write_hello_request_body(out, mine);
    return text_of(out);
}

std::string cancel(std::uint32_t id) {
    codec::Buffer out;
    write_cancel(out, id);
    return text_of(out);
}

// A request with a budget.
std::string hurried(std::uint32_t id, std::string_view method, unsigned budget_ms) {
    codec::Buffer out;
    codec::write_request_head(out, id, codec::Shape::with_metadata);
    codec::pack_str(out, method);
    codec::pack_array_head(out, 0);
    codec::pack_map_head(out, 1);
    codec::pack_str(out, "t");
    codec::pack_unsigned(out, budget_ms);
    return text_of(out);
}

// The pool has one thread, and `hold` keeps it until it is opened.
class Cancelling : public testing::Test {
protected:
    Cancelling() : server(with_one_pool_thread()) {
        server.handle("wait", [this](Context& context) { return wait(context.stop_token()); });
        server.handle("linger", [this](Context& context) { return linger(context.stop_token()); });
        server.handle("hold", [this] { hold(); }, {.run = RunOn::pool});
        server.handle("queued", [this] { ++queued; }, {.run = RunOn::pool});
        server.handle("note", [this](Context& context) { return wait(context.stop_token()); });
        server.handle("quick", [this] { ++quick; });
        server.start();
    }

    ~Cancelling() override { open(); }

    static ServerOptions with_one_pool_thread() {
        ServerOptions options;
        options.pool_threads = 1;
        return options;
    }

    // Until it is stopped, or opened.
    asio::awaitable<void> wait(std::stop_token token) {
        asio::steady_timer timer{co_await asio::this_coro::executor};
        ++begun;
        while (!token.stop_requested() && !is_open()) {
            timer.expires_after(1ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        ++(token.stop_requested() ? stopped : ended);
    }

    // Until it is stopped, and then until it is opened: so its caller waits no longer when it ends,
    // however late the caller's own clock rings.
    asio::awaitable<void> linger(std::stop_token token) {
        co_await wait(std::move(token));
        co_await wait(std::stop_token{});
    }

    void hold() {
        std::unique_lock lock{mutex_};
        ++holding;
        changed_.wait(lock, [this] { return open_; });
    }

    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }

    bool is_open() {
        const std::lock_guard lock{mutex_};
        return open_;
    }

    std::atomic<int> begun{0};
    std::atomic<int> stopped{0};
    std::atomic<int> ended{0};
    std::atomic<int> holding{0};
    std::atomic<int> queued{0};
    std::atomic<int> quick{0};

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;

protected:
    Server server;
};

TEST_F(Cancelling, ACancelledRequestIsStoppedAndAnsweredAllTheSame) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1) + request(2, "wait") + request(3, "wait")));
    ASSERT_TRUE(eventually([&] { return begun == 2; }));
    ASSERT_TRUE(peer.send(cancel(2)));
    const auto answers = receive_answers(peer, 2);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[1].id, 2U);
    EXPECT_EQ(stopped, 1);
    open();
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 3U);
    EXPECT_EQ(ended, 1);
}

TEST_F(Cancelling, WhatIsNoLongerOrNeverWasInFlightCannotBeCancelled) {
    RawPeer peer{server.endpoint()};
    std::string broken;
    for (const std::string_view params : {"\x90", "\x91\xc0", "\x91\xff", "\x91\xa1x"})
        broken += "\x93\x02\xa8$/cancel" + std::string{params};
    ASSERT_TRUE(
        peer.send(full_hello(1) + cancel(7) + request(7, "quick") + cancel(7) + cancel(7) + broken)
    );
    EXPECT_EQ(receive_answers(peer, 2).size(), 2U);
    ASSERT_TRUE(peer.send(request(7, "quick")));
    EXPECT_EQ(receive_answers(peer, 1).at(0).error, "");
    EXPECT_EQ(quick, 2);
}

TEST_F(Cancelling, QueuedWorkIsDropped) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(request(1, "hold")));
    ASSERT_TRUE(eventually([&] { return holding == 1; }));
    ASSERT_TRUE(peer.send(request(2, "queued") + request(3, "queued") + cancel(2)));
    // Behind the cancellation: it has been heard.
    ASSERT_TRUE(peer.send(request(4, "quick")));
    EXPECT_EQ(receive_answers(peer, 1).at(0).id, 4U);
    open();
    const auto answers = receive_answers(peer, 3);
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[1].id, 2U);
    EXPECT_EQ(answers[1].error, "CANCELLED: the caller cancelled the call");
    EXPECT_EQ(answers[2].error, "");
    EXPECT_EQ(queued, 1);
}

TEST_F(Cancelling, WorkWhoseDeadlineHasPassedIsNotBegun) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1) + hurried(2, "quick", 0) + hurried(3, "wait", 0)));
    ASSERT_TRUE(peer.send(request(4, "hold")));
    ASSERT_TRUE(eventually([&] { return holding == 1; }));
    ASSERT_TRUE(peer.send(hurried(5, "queued", 20) + request(6, "marker")));
    // The answer to the last one is behind all the others: they have been read.
    EXPECT_EQ(receive_answers(peer, 4).size(), 4U);
    // Its deadline passes while it waits for a thread.
    const TimePoint over = SteadyClock::now() + 30ms;
    ASSERT_TRUE(eventually([&] { return SteadyClock::now() > over; }));
    open();
    EXPECT_EQ(receive_answers(peer, 2).size(), 2U);
    EXPECT_EQ(quick + begun + queued, 0);
}

TEST_F(Cancelling, ADeadlineThatPassesStopsTheHandler) {
    RawPeer peer{server.endpoint()};
    ASSERT_TRUE(peer.send(full_hello(1) + hurried(2, "wait", 30) + hurried(3, "wait", 60000)));
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    EXPECT_EQ(receive_answers(peer, 2).size(), 2U);
    EXPECT_EQ(begun, 2);
    // A budget beyond what clocks count is as good as none.
    codec::Buffer endless;
    codec::write_request_head(endless, 4, codec::Shape::with_metadata);
    codec::pack_str(endless, "quick");
    codec::pack_array_head(endless, 0);
    codec::pack_map_head(endless, 1);
    codec::pack_str(endless, "t");
    codec::pack_unsigned(endless, UINT64_MAX);
    ASSERT_TRUE(peer.send(text_of(endless)));
    EXPECT_EQ(receive_answers(peer, 1).at(0).error, "");
}

TEST_F(Cancelling, TheEndOfTheConnectionStopsRequestsButNotNotifications) {
    {
        RawPeer peer{server.endpoint()};
        ASSERT_TRUE(peer.send(request(1, "wait") + notification("note")));
        ASSERT_TRUE(eventually([&] { return begun == 2; }));
        peer.reset();
    }
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    EXPECT_EQ(ended, 0);
    open();
    EXPECT_TRUE(eventually([&] { return ended == 1; }));
}

TEST_F(Cancelling, AClientTellsOfWhatItCancelsAndOfWhatIsTooLate) {
    Client client{server.endpoint()};
    asio::cancellation_signal signal;
    auto cancelled = client.async_call(
        invoke<void>("wait").within(60s),
        asio::bind_cancellation_slot(signal.slot(), asio::use_future)
    );
    ASSERT_TRUE(eventually([&] { return begun == 1; }));
    signal.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(cancelled.get().error().code(), Errc::cancelled);
    EXPECT_TRUE(eventually([&] { return stopped == 1; }));
    EXPECT_EQ(client.call(invoke<void>("linger").within(50ms)).error().code(), Errc::timed_out);
    EXPECT_TRUE(eventually([&] { return stopped == 2; }));
    open();
    // Their replies come, and are dropped.
    EXPECT_TRUE(eventually([&] { return client.counters().late_replies == 2; }));
    EXPECT_TRUE(client.call(invoke<void>("quick")));
}

}  // namespace
}  // namespace rollcall::rpc::tests
