#pragma once
// How the result of an asynchronous operation gets to whoever awaits it. Users need client.h only.

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace rollcall::rpc {

// An Asio completion handler whose result is not there yet. It keeps the loop of the caller running
// until the handler runs, and touches that loop no more from then on: the handler may end it, and
// its owner may destroy it at once.
template <class Handler, class Result>
class PendingCompletion {
public:
    PendingCompletion(Handler&& handler, const asio::any_io_executor& fallback)
        : work_(asio::get_associated_executor(handler, fallback)), handler_(std::move(handler)) {}

    PendingCompletion(const PendingCompletion&) = delete;
    PendingCompletion& operator=(const PendingCompletion&) = delete;

    // Posts the handler to its own executor, with its own allocator; never runs it here. Once, on
    // any thread. `owner` keeps this object alive; so does the caller until this returns.
    template <class Owner>
    void post(Owner owner, Result&& result) {
        poster_ = std::this_thread::get_id();
        {
            const auto executor = work_.get_executor();
            if (!handler_) throw std::logic_error{"an operation has completed twice"};
            Handler handler = std::move(*handler_);
            handler_.reset();
            asio::post(
                executor,
                Posted<Owner>{
                    std::move(owner), this, std::move(work_), std::move(handler), std::move(result)}
            );
        }
        is_posted_.store(true, std::memory_order_release);
        is_posted_.notify_one();
    }

private:
    using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;

    // The handler with its argument, still carrying the handler's allocator.
    template <class Owner>
    struct Posted {
        using allocator_type = asio::associated_allocator_t<Handler>;

        Owner owner;
        PendingCompletion* pending;
        asio::executor_work_guard<Executor> work;
        Handler handler;
        Result result;

        [[nodiscard]] allocator_type get_allocator() const noexcept {
            return asio::get_associated_allocator(handler);
        }

        void operator()() {
            {
                const Owner last = std::move(owner);
                pending->wait_posted();
            }
            std::move(handler)(std::move(result));
        }
    };

    // asio::post() wakes the loop after it has let go of the loop's lock, when the handler may be
    // running already. An executor that runs it inside post() is not waited for.
    void wait_posted() const noexcept {
        if (poster_ != std::this_thread::get_id())
            is_posted_.wait(false, std::memory_order_acquire);
    }

    asio::executor_work_guard<Executor> work_;
    std::optional<Handler> handler_;
    std::thread::id poster_;
    std::atomic<bool> is_posted_{false};
};

}  // namespace rollcall::rpc
