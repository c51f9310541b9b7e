#pragma once
// How the result of an asynchronous operation gets to whoever awaits it. Users need client.h only.

#include <rollcall/rpc/turn_queue.h>

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// An Asio completion handler whose result is not there yet. It keeps the loop of the caller running
// until the handler runs, and touches that loop no more from then on: the handler may end it, and
// its owner may destroy it at once. `Owner` points to whatever this is a part of.
template <class Handler, class Result, class Owner>
class PendingCompletion final : private TurnTask {
public:
    // `fallback` is the executor of handlers that name none; it needs nobody to keep it running.
    PendingCompletion(Handler&& handler, const asio::any_io_executor& fallback)
        : executor_(asio::get_associated_executor(handler, fallback)),
          handler_(std::move(handler)) {
        if (!is(fallback)) work_.emplace(executor_);
    }

    // Has the handler run by its own executor, never here. Once, on any thread. `owner` keeps this
    // object alive; so does the caller until this returns.
    void post(Owner owner, Result&& result) {
        if (!handler_) throw std::logic_error{"an operation has completed twice"};
        if (TurnQueue* const queue = TurnQueue::current(); queue != nullptr && is_of(*queue)) {
            owner_.emplace(std::move(owner));
            result_.emplace(std::move(result));
            return queue->push(*this);
        }
        poster_ = std::this_thread::get_id();
        {
            const Executor executor = executor_;
            Handler handler = std::move(*handler_);
            handler_.reset();
            asio::post(
                executor,
                Posted{
                    std::move(owner), this, std::move(work_), std::move(handler), std::move(result)}
            );
        }
        is_posted_.store(true, std::memory_order_release);
        is_posted_.notify_one();
    }

private:
    using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
    using Work = std::optional<asio::executor_work_guard<Executor>>;

    // The handler with its argument, still carrying the handler's allocator.
    struct Posted {
        using allocator_type = asio::associated_allocator_t<Handler>;

        Owner owner;
        PendingCompletion* pending;
        Work work;
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

    // Executors of other types are nobody's but the program's.
    [[nodiscard]] bool is(const asio::any_io_executor& other) const noexcept {
        if constexpr (std::is_same_v<Executor, asio::any_io_executor>) return executor_ == other;
        return false;
    }

    [[nodiscard]] bool is_of(const TurnQueue& queue) const noexcept {
        if constexpr (std::is_same_v<Executor, asio::any_io_executor>)
            return queue.serves(executor_);
        return false;
    }

    void run() override {
        Handler handler = std::move(*handler_);
        // To move one may be to copy it, and what it owns may own this: a signal whose slot keeps
        // the call.
        handler_.reset();
        Result result = std::move(*result_);
        drop();
        std::move(handler)(std::move(result));
    }

    void drop() noexcept override {
        const Owner last = std::move(*owner_);  // with it this may end
    }

    // asio::post() wakes the loop after it has let go of the loop's lock, when the handler may be
    // running already. An executor that runs it inside post() is not waited for.
    void wait_posted() const noexcept {
        if (poster_ != std::this_thread::get_id())
            is_posted_.wait(false, std::memory_order_acquire);
    }

    const Executor executor_;
    Work work_;
    std::optional<Handler> handler_;
    // Of one that waits for its turn on the I/O thread:
    std::optional<Owner> owner_;
    std::optional<Result> result_;
    std::thread::id poster_;
    std::atomic<bool> is_posted_{false};
};

}  // namespace rollcall::rpc
