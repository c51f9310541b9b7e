#pragma once
// The threads of handlers that may block.

#include <rollcall/rpc/handler.h>

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <memory>
#include <thread>
#include <vector>

namespace rollcall::rpc {

// Not I/O threads: a handler here may make blocking calls. Destroying it lets running handlers
// end and drops queued ones; on one of its own threads or on an I/O thread it does not wait.
class HandlerPool {
public:
    explicit HandlerPool(std::size_t threads);
    ~HandlerPool();
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    [[nodiscard]] asio::any_io_executor executor() const { return context_->get_executor(); }

    // Drops queued handlers; running ones end by themselves. Any thread.
    void stop();

    // True on one of its threads.
    [[nodiscard]] bool is_current() const;

private:
    // Shared with its threads, which may have to outlive the pool.
    std::shared_ptr<asio::io_context> context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

}  // namespace rollcall::rpc
