#pragma once
// Where a coroutine handler runs. Users need server.h only.

#include <rollcall/rpc/event_loop.h>
#include <rollcall/rpc/reply.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/context.hpp>
#include <asio/require.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// The loops of I/O threads and of the pool are of the same kind.
using HandlerExecutor = LoopExecutor<>;

// What the executors of one request have in common. Counted by reference.
class RequestHome {
public:
    RequestHome(HandlerExecutor executor, std::shared_ptr<ActiveRequest> request) noexcept
        : executor_(std::move(executor)), request_(std::move(request)) {}

    RequestHome(const RequestHome&) = delete;
    RequestHome& operator=(const RequestHome&) = delete;

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    void drop_reference() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

    [[nodiscard]] const HandlerExecutor& executor() const noexcept { return executor_; }

    // Runs it as a part of the handler, unless nothing of that goes on any more.
    template <class Function>
    void run(Function&& function) const {
        if (request_->is_over()) return;
        const HandlerScope scope{*request_};
        std::forward<Function>(function)();
    }

private:
    ~RequestHome() = default;

    const HandlerExecutor executor_;
    const std::shared_ptr<ActiveRequest> request_;
    std::atomic<unsigned> references_{1};
};

// An Asio executor that makes its request's handler the current one while anything runs on it, so
// that calls which a coroutine makes inherit from it wherever it goes on. Once the server or the
// client of the request has ended nothing goes on: what would is destroyed.
//
// Coroutines copy theirs a dozen times, so that it is as small as what Asio's any_io_executor keeps
// without an allocation, and does not count work: its loop runs without.
class RequestExecutor {
public:
    RequestExecutor(HandlerExecutor executor, std::shared_ptr<ActiveRequest> request)
        : home_(new RequestHome{std::move(executor), std::move(request)}) {}

    RequestExecutor(const RequestExecutor& other) noexcept
        : home_(other.home_), never_blocks_(other.never_blocks_) {
        if (home_ != nullptr) home_->add_reference();
    }

    RequestExecutor(RequestExecutor&& other) noexcept
        : home_(std::exchange(other.home_, nullptr)), never_blocks_(other.never_blocks_) {}

    RequestExecutor& operator=(RequestExecutor other) noexcept {
        std::swap(home_, other.home_);
        never_blocks_ = other.never_blocks_;
        return *this;
    }

    ~RequestExecutor() {
        if (home_ != nullptr) home_->drop_reference();
    }

    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept {
        return asio::query(home_->executor(), asio::execution::context);
    }

    [[nodiscard]] asio::execution::blocking_t query(asio::execution::blocking_t) const noexcept {
        if (never_blocks_) return asio::execution::blocking.never;
        return asio::execution::blocking.possibly;
    }

    [[nodiscard]] RequestExecutor require(asio::execution::blocking_t::never_t) const noexcept {
        return RequestExecutor{*this, true};
    }

    [[nodiscard]] RequestExecutor require(asio::execution::blocking_t::possibly_t) const noexcept {
        return RequestExecutor{*this, false};
    }

    template <class Function>
    void execute(Function&& function) const {
        // By the loop all the same: what it throws is not for who gives it to the executor.
        if (!never_blocks_ && home_->executor().runs_here()) {
            return home_->executor().execute([&] { home_->run(std::forward<Function>(function)); });
        }
        asio::require(home_->executor(), asio::execution::blocking.never)
            .execute([self = *this, run = std::decay_t<Function>(std::forward<Function>(function))](
                     ) mutable { self.home_->run(std::move(run)); });
    }

    friend bool operator==(const RequestExecutor& a, const RequestExecutor& b) noexcept {
        return a.home_ == b.home_ && a.never_blocks_ == b.never_blocks_;
    }

    friend bool operator!=(const RequestExecutor& a, const RequestExecutor& b) noexcept {
        return !(a == b);
    }

private:
    RequestExecutor(const RequestExecutor& other, bool never_blocks) noexcept
        : RequestExecutor(other) {
        never_blocks_ = never_blocks;
    }

    RequestHome* home_;
    bool never_blocks_ = false;
};

static_assert(sizeof(RequestExecutor) <= 2 * sizeof(void*));

namespace detail {

// Nobody awaits the end of a handler's coroutine, its ticket has answered: what is to tell it is
// dropped instead of queued.
class NobodysExecutor {
public:
    template <class Function>
    void execute(Function&&) const noexcept {}

    friend bool operator==(NobodysExecutor, NobodysExecutor) noexcept { return true; }

    friend bool operator!=(NobodysExecutor, NobodysExecutor) noexcept { return false; }

    [[nodiscard]] NobodysExecutor require(asio::execution::blocking_t::never_t) const noexcept {
        return *this;
    }

    [[nodiscard]] static constexpr asio::execution::blocking_t query(asio::execution::blocking_t
    ) noexcept {
        return asio::execution::blocking.never;
    }
};

struct Nobody {
    using executor_type = NobodysExecutor;

    [[nodiscard]] executor_type get_executor() const noexcept { return {}; }

    void operator()(const std::exception_ptr&) const noexcept {}
};

}  // namespace detail

// Begins a coroutine that handles a request. It answers by a ticket of its own, and lets nothing
// out that it throws.
inline void start_handling(
    HandlerExecutor executor, std::shared_ptr<ActiveRequest> request, asio::awaitable<void> handling
) {
    asio::co_spawn(
        RequestExecutor{std::move(executor), std::move(request)},
        std::move(handling),
        detail::Nobody{}
    );
}

}  // namespace rollcall::rpc
