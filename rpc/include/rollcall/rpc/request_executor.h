#pragma once
// Where a coroutine handler runs. Users need server.h only.

#include <rollcall/rpc/handler_coroutine.h>
#include <rollcall/rpc/reply.h>
#include <rollcall/rpc/request_home.h>

#include <asio/any_io_executor.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/context.hpp>
#include <asio/require.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// An Asio executor that makes its request's handler the current one while anything runs on it, so
// that calls which a coroutine makes inherit from it wherever it goes on. Once the server or the
// client of the request has ended nothing goes on: what would is destroyed.
//
// Coroutines copy theirs a dozen times, so that it is as small as what Asio's any_io_executor keeps
// without an allocation, and does not count work: its loop runs without.
class RequestExecutor {
public:
    // `executor` must live as long as the request.
    RequestExecutor(const HandlerExecutor& executor, std::shared_ptr<ActiveRequest> request)
        : home_(RequestHome::make(executor, std::move(request))) {}

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
            return home_->executor().execute([&] { run(std::forward<Function>(function)); });
        }
        asio::require(home_->executor(), asio::execution::blocking.never)
            .execute([self = *this,
                      given = std::decay_t<Function>(std::forward<Function>(function))]() mutable {
                self.run(std::move(given));
            });
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

    // As a part of the handler, unless nothing of that goes on any more.
    template <class Function>
    void run(Function&& function) const {
        if (home_->request().is_over()) return;
        const HandlerScope scope{home_->request()};
        std::forward<Function>(function)();
    }

    RequestHome* home_;
    bool never_blocks_ = false;
};

static_assert(sizeof(RequestExecutor) <= 2 * sizeof(void*));

// Begins a coroutine that handles a request. It answers by a ticket of its own, and lets nothing
// out that it throws. Where it has to wait for its executor, it is destroyed if that has ended.
inline void start_handling(
    const HandlerExecutor& executor,
    std::shared_ptr<ActiveRequest> request,
    HandlerCoroutine handling
) {
    ActiveRequest& begun = *request;  // which the executor keeps
    const bool here = executor.runs_here();
    const RequestExecutor of_request{executor, std::move(request)};
    if (here) {
        if (begun.is_over()) return;
        const HandlerScope scope{begun};
        return begin_coroutine(std::move(handling), of_request);
    }
    of_request.execute([of_request, coroutine = std::move(handling)]() mutable {
        begin_coroutine(std::move(coroutine), of_request);
    });
}

}  // namespace rollcall::rpc
