#pragma once
// An event loop that may end before those who post to it. Users need server.h only.

#include <asio/execution/execute.hpp>
#include <asio/io_context.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <asio/system_executor.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace rollcall::rpc {

// Shared by its threads and by the executors that are given away: what they refer to stays, and
// once the loop has been closed nothing is queued there any more, where nobody would ever run or
// destroy it.
class EventLoop final : public asio::io_context {
public:
    using asio::io_context::io_context;

    // Ends it, on the last thread that has run it. Up to `ready_handlers` of those that could run
    // now still do; everything else that is queued or waits is destroyed here.
    void close(std::size_t ready_handlers);

    // Queues `function` by an executor of this loop. False, and it is untouched, if the loop has
    // been closed. Any thread.
    template <class Executor, class Function>
    [[nodiscard]] bool execute(const Executor& executor, Function&& function) {
        const std::lock_guard lock{mutex_};
        if (closed_) return false;
        asio::execution::execute(executor, std::forward<Function>(function));
        return true;
    }

    template <class Function>
    [[nodiscard]] bool post(Function&& function) {
        return execute(
            asio::require(get_executor(), asio::execution::blocking.never),
            std::forward<Function>(function)
        );
    }

private:
    std::mutex mutex_;
    bool closed_ = false;
};

// What becomes of what is given to a loop that has ended.
enum class AfterLoop {
    drop,       // it is destroyed: the code of a server or client does not outlive it
    elsewhere,  // it runs on a thread of the system's executor: somebody waits for it
};

// An Asio executor of such a loop.
template <class Inner = asio::io_context::executor_type>
class LoopExecutor {
public:
    LoopExecutor(std::shared_ptr<EventLoop> loop, Inner inner, AfterLoop after) noexcept
        : loop_(std::move(loop)), inner_(std::move(inner)), after_(after) {}

    template <class Property>
    requires asio::can_query_v<const Inner&, Property>

    [[nodiscard]] auto query(const Property& property) const
        noexcept(asio::is_nothrow_query_v<const Inner&, Property>) ->
        typename asio::query_result<const Inner&, Property>::type {
        return asio::query(inner_, property);
    }

    template <class Property>
    requires asio::can_require_v<const Inner&, Property>

    [[nodiscard]] auto require(const Property& property) const {
        return LoopExecutor<
            std::decay_t<typename asio::require_result<const Inner&, Property>::type>>{
            loop_, asio::require(inner_, property), after_};
    }

    // Whether this thread runs the loop now.
    [[nodiscard]] bool runs_here() const noexcept { return inner_.running_in_this_thread(); }

    template <class Function>
    void execute(Function&& function) const {
        // The loop cannot be closed while it runs this.
        if (runs_here()) return asio::execution::execute(inner_, std::forward<Function>(function));
        if (loop_->execute(inner_, std::forward<Function>(function))) return;
        if (after_ == AfterLoop::elsewhere) {
            asio::execution::execute(
                asio::require(asio::system_executor{}, asio::execution::blocking.never),
                std::forward<Function>(function)
            );
        }
    }

    friend bool operator==(const LoopExecutor& a, const LoopExecutor& b) noexcept {
        return a.inner_ == b.inner_;
    }

private:
    std::shared_ptr<EventLoop> loop_;  // before what refers to it
    Inner inner_;
    AfterLoop after_;
};

[[nodiscard]] inline LoopExecutor<> executor_of(
    const std::shared_ptr<EventLoop>& loop, AfterLoop after
) {
    return {loop, loop->get_executor(), after};
}

}  // namespace rollcall::rpc
