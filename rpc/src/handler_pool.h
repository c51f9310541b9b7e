#pragma once
// The threads of handlers that may block.

#include <rollcall/base/log.h>
#include <rollcall/rpc/handler.h>

#include "latch.h"

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace rollcall::rpc {

// Not I/O threads: a handler here may make blocking calls. Destroying it drops queued handlers
// and waits for running ones, however long they take: they use the program's objects. On one of its
// own threads or on an I/O thread it does not wait.
class HandlerPool {
public:
    // Throws std::system_error if the system has no thread left.
    HandlerPool(std::size_t threads, Log log);
    ~HandlerPool();
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    [[nodiscard]] HandlerExecutor executor() const {
        return executor_of(shared_->loop, AfterLoop::drop);
    }

    // Drops queued handlers; running ones end by themselves. Any thread.
    void stop();

    // True on one of its threads.
    [[nodiscard]] bool is_current() const;

private:
    // Shared with its threads, which may have to outlive the pool.
    struct Shared {
        explicit Shared(Log to) : log(std::move(to)) {}

        void run();

        const Log log;
        const std::shared_ptr<EventLoop> loop = std::make_shared<EventLoop>();
        std::atomic<std::size_t> running{0};
        Latch ended;  // after a stop: the last thread has ended
    };

    void end();

    std::shared_ptr<Shared> shared_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

}  // namespace rollcall::rpc
