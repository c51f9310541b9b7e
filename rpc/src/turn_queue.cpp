#include <rollcall/rpc/event_loop.h>
#include <rollcall/rpc/turn_queue.h>

#include <asio/post.hpp>

#include <atomic>
#include <utility>

namespace rollcall::rpc {
namespace {

thread_local TurnQueue* current_queue = nullptr;

std::atomic<std::uint64_t> threads{0};

}  // namespace

TurnQueue::TurnQueue(std::shared_ptr<EventLoop> loop)
    : loop_(std::move(loop)),
      plain_(loop_->get_executor()),
      of_handlers_(executor_of(loop_, AfterLoop::drop)),
      number_(threads.fetch_add(1, std::memory_order_relaxed) << kTurnBits) {
}

TurnQueue::~TurnQueue() {
    end();
}

TurnQueue* TurnQueue::current() noexcept {
    return current_queue;
}

void TurnQueue::begin() noexcept {
    current_queue = this;
}

void TurnQueue::end() noexcept {
    if (current_queue == this) current_queue = nullptr;
    while (first_ != nullptr)
        pop().drop();
}

void TurnQueue::push(TurnTask& task) {
    task.next_ = nullptr;
    (first_ == nullptr ? first_ : last_->next_) = &task;
    last_ = &task;
    if (!in_turn_) schedule();
}

TurnTask& TurnQueue::pop() noexcept {
    TurnTask& task = *first_;
    first_ = task.next_;
    return task;
}

void TurnQueue::run_those_here() {
    TurnTask* const last = last_;
    while (first_ != nullptr) {
        TurnTask& task = pop();
        const bool was_last = &task == last;
        task.run();
        if (was_last) return;
    }
}

void TurnQueue::schedule() {
    if (std::exchange(scheduled_, true)) return;
    asio::post(loop_->get_executor(), [this] {
        scheduled_ = false;
        turn([] {});
    });
}

}  // namespace rollcall::rpc
