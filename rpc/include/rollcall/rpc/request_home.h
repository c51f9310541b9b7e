#pragma once
// Where the coroutine of a request runs. Users need server.h only.

#include <rollcall/rpc/event_loop.h>

#include <atomic>
#include <memory>
#include <utility>

namespace rollcall::rpc {

class ActiveRequest;

// The loops of I/O threads and of the pool are of the same kind.
using HandlerExecutor = LoopExecutor<>;

// What the executors of one request have in common: they keep the request as long as one of them is
// left. Counted by reference.
class RequestHome {
public:
    RequestHome() = default;
    RequestHome(const RequestHome&) = delete;
    RequestHome& operator=(const RequestHome&) = delete;

    // The request's own, which costs no memory, or another one, if it has one already. With one
    // reference. `executor` must live as long as the request.
    [[nodiscard]] static RequestHome* make(
        const HandlerExecutor& executor, std::shared_ptr<ActiveRequest> request
    );

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

    void drop_reference() noexcept {
        // Beside the last nobody is there to add one.
        if (references_.load(std::memory_order_acquire) == 1 ||
            references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            leave();
    }

    [[nodiscard]] const HandlerExecutor& executor() const noexcept { return *executor_; }

    [[nodiscard]] ActiveRequest& request() const noexcept { return *request_; }

private:
    void leave() noexcept {
        // Its own goes with the request.
        const std::shared_ptr<ActiveRequest> last = std::move(request_);
        if (!is_own_) delete this;
    }

    const HandlerExecutor* executor_ = nullptr;  // null: not in use yet
    std::shared_ptr<ActiveRequest> request_;
    std::atomic<unsigned> references_{1};
    bool is_own_ = true;
};

}  // namespace rollcall::rpc
