#pragma once
// One event loop with its thread and the buffers that its connections share.

#include <rollcall/base/clock.h>
#include <rollcall/base/log.h>
#include <rollcall/codec/buffer.h>
#include <rollcall/rpc/event_loop.h>
#include <rollcall/rpc/turn_queue.h>

#include "call_batch.h"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <string>

namespace rollcall::rpc {

// Connections of one thread share its buffers: all they read lands in input(), all they answer to
// one read is written into output() and leaves in one write, so an idle connection holds neither.
// Only what is half read or unsent is copied to the connection. Both are used within one
// completion handler and never across two.
class IoThread {
public:
    explicit IoThread(Log log);
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    // The loop, until stop(), and its end: what is ready by then still runs, the rest is destroyed.
    // What a completion handler throws is logged and the loop goes on.
    void run();
    // Any thread. The loop ends although work is left.
    void stop();

    // Null on threads that are not I/O threads.
    [[nodiscard]] static IoThread* current() noexcept;

    [[nodiscard]] asio::io_context& context() noexcept { return *loop_; }

    // For those who may outlive this.
    [[nodiscard]] const std::shared_ptr<EventLoop>& loop() const noexcept { return loop_; }

    [[nodiscard]] bool is_current() const noexcept { return current() == this; }

    // Of this thread only.
    [[nodiscard]] std::span<char> input() noexcept { return {input_.get(), kInputBytes}; }

    [[nodiscard]] codec::Buffer& output() noexcept { return output_; }

    // Empties output(), giving back what a very large reply needed.
    void reset_output() noexcept { output_.clear(kOutputKeptBytes); }

    // Of this thread only: what is answered of the messages being handed out.
    [[nodiscard]] CallBatch& calls() noexcept { return calls_; }

    // Of this thread only: what is put off until the end of a turn.
    [[nodiscard]] TurnQueue& turns() noexcept { return turns_; }

    // Which plain handler runs now, for watchdogs. `method` must outlive the run.
    void begin_handler(const std::string& method) noexcept {
        handler_runs_.store(
            handler_runs_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed
        );
        running_.store(&method, std::memory_order_release);
    }

    void end_handler() noexcept { running_.store(nullptr, std::memory_order_release); }

    // Any thread: the running handler's method, or null, and a number that differs for each run. Of
    // several servers on this thread only the method's own may read the name.
    [[nodiscard]] const std::string* running() const noexcept {
        return running_.load(std::memory_order_acquire);
    }

    [[nodiscard]] std::uint64_t handler_runs() const noexcept {
        return handler_runs_.load(std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t kInputBytes = std::size_t{256} << 10U;
    static constexpr std::size_t kOutputKeptBytes = std::size_t{1} << 20U;

    template <class Turn>
    void guarded(Turn&& turn);

    const Log log_;
    const std::shared_ptr<EventLoop> loop_ = std::make_shared<EventLoop>(1);
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::unique_ptr<char[]> input_;
    codec::Buffer output_;
    CallBatch calls_;
    TurnQueue turns_{loop_};
    std::atomic<const std::string*> running_{nullptr};
    std::atomic<std::uint64_t> handler_runs_{0};
};

}  // namespace rollcall::rpc
