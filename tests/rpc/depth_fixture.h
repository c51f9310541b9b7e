#pragma once
// A server and its clients that use all that they agree on, and books about how everything ended:
// for tests that cut connections and destroy objects meanwhile.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "support/eventually.h"
#include "support/process_facts.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

namespace rollcall::rpc::tests {

// How calls of one kind ended. Outlives them.
class Ends {
public:
    // A completion of one call.
    [[nodiscard]] auto one() {
        ++begun_;
        return [this, over = std::make_shared<std::atomic<bool>>(false)](Result<int> result) {
            EXPECT_FALSE(over->exchange(true)) << "it ended twice";
            const bool is_promised = !result && result.error().sent() == Sent::not_sent;
            if (is_promised) ++not_sent_;
            ++ended_;
        };
    }

    [[nodiscard]] bool all_ended() const { return ended_ == begun_; }

    [[nodiscard]] int begun() const { return begun_; }

    [[nodiscard]] int not_sent() const { return not_sent_; }

private:
    std::atomic<int> begun_{0};
    std::atomic<int> ended_{0};
    std::atomic<int> not_sent_{0};
};

// Ends when it is told to stop.
inline asio::awaitable<int> wait_for_stop_of(Context& context) {
    const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
    timer->expires_after(std::chrono::seconds{60});
    const auto wake = [timer] { timer->cancel(); };
    const std::stop_callback on_stop{context.stop_token(), wake};
    if (context.stop_token().stop_requested()) co_return 0;
    asio::error_code cancelled;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return 0;
}

inline asio::awaitable<Result<int>> ask_back_within_budget(Peer peer, int n) {
    co_return co_await peer.async_call(invoke<int>("twice", n).with("via", "server"));
}

// What both ends of a connection offer.
inline void add_depth(Server& server, std::atomic<int>& executed, Ends& asked) {
    server.on_connect([&asked](const Peer& peer) {
        peer.async_call(invoke<int>("twice", 1).within(std::chrono::seconds{10}), asked.one());
        peer.notify(invoke<void>("news", "welcome").with("tenant", "blue"));
    });
    server.on_disconnect([](const Peer&, std::string_view) {});
    server.handle("add", [&executed](Context& context, int a, int b) {
        context.reply_with("served-by", "desk 1");
        ++executed;
        return a + b;
    });
    server.handle("ask", [](Context& context, int n) {
        return ask_back_within_budget(context.peer(), n);
    });
    server.handle("wait", [](Context& context) { return wait_for_stop_of(context); });
    server.handle("pooled", [](int n) { return n; }, {.run = RunOn::pool});
    server.handle("fail", [](const std::string& why) -> Result<int> {
        return Error{Errc::remote_error, why}.with_data("\x2a");
    });
    server.handle("note", [](const std::string&) {});
}

inline void add_depth(Client& client) {
    client.on_disconnect([](const Peer&, std::string_view) {});
    client.handle("twice", [](int n) { return 2 * n; });
    client.handle("news", [](const std::string&) {});
}

// What this process holds; it must be the same in the end.
struct Holdings {
    std::size_t descriptors = rollcall::tests::descriptors();
    std::size_t threads = rollcall::tests::threads().size();

    [[nodiscard]] bool are_back() const {
        return rollcall::tests::eventually([this] {
            const Holdings now;
            return now.descriptors <= descriptors && now.threads <= threads;
        });
    }

    [[nodiscard]] std::string compared() const {
        const Holdings now;
        std::string text = std::to_string(descriptors) + " descriptors before, " +
                           std::to_string(now.descriptors) + " now; " + std::to_string(threads) +
                           " threads before, now";
        for (const auto& thread : rollcall::tests::threads())
            text += " " + thread.name;
        return text;
    }
};

}  // namespace rollcall::rpc::tests
