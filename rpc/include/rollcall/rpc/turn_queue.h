#pragma once
// What an I/O thread does at the end of a turn. Users need client.h only.

#include <rollcall/base/clock.h>

#include <asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace rollcall::rpc {

class EventLoop;

// Something put off until the work at hand is done. Whoever puts it off keeps it alive until run()
// or drop() is called: one of them, once.
class TurnTask {
public:
    TurnTask() = default;
    TurnTask(const TurnTask&) = delete;
    TurnTask& operator=(const TurnTask&) = delete;

    // On the I/O thread. It may destroy this, and throw: that is logged there.
    virtual void run() = 0;
    // The loop has ended: nobody runs it any more.
    virtual void drop() noexcept = 0;

protected:
    virtual ~TurnTask() = default;

private:
    friend class TurnQueue;

    TurnTask* next_ = nullptr;
};

// The tasks of one I/O thread, in the order in which they came. A turn begins when a connection has
// something to read: what its replies complete runs right behind it, and what those completions ask
// for is sent behind them in one write, before the loop looks for news. As handlers of the loop
// each of them would cost memory, a lock and, when little is under way, a system call. Of the I/O
// thread only, but for current().
class TurnQueue {
public:
    // Of the bits of a turn's number: those above are its thread's.
    static constexpr unsigned kTurnBits = 45;

    explicit TurnQueue(std::shared_ptr<EventLoop> loop);
    TurnQueue(const TurnQueue&) = delete;
    TurnQueue& operator=(const TurnQueue&) = delete;
    ~TurnQueue();

    // That of the I/O thread which asks; null elsewhere.
    [[nodiscard]] static TurnQueue* current() noexcept;

    // What is posted to `executor` runs on this thread, and nothing more is asked of it.
    [[nodiscard]] bool serves(const asio::any_io_executor& executor) const noexcept {
        return executor == plain_ || executor == of_handlers_;
    }

    // Runs `task` at the end of the turn under way, behind what was put off before; if none is, in
    // one that the loop begins later. Never here.
    void push(TurnTask& task);

    // `act` and what it puts off. Tasks that these tasks put off still run in this turn, those of
    // those in a later one: others come first.
    template <class Act>
    void turn(Act&& act) {
        const UnderWay under_way{*this};
        std::forward<Act>(act)();
        run_those_here();
        run_those_here();
    }

    // Of the turn under way: no other has it, on any thread. 0: none is under way.
    [[nodiscard]] std::uint64_t turn_number() const noexcept { return in_turn_ ? number_ : 0; }

    // When the turn under way was asked for this first: what it has read had come by then. One look
    // at the clock for all of them. If none is under way, now.
    [[nodiscard]] TimePoint turn_time() noexcept {
        if (!in_turn_) return SteadyClock::now();
        if (!time_) time_ = SteadyClock::now();
        return *time_;
    }

    // The thread begins, and ends: what is left is dropped.
    void begin() noexcept;
    void end() noexcept;

private:
    // However the turn ends, what is left of it has its time later.
    class UnderWay {
    public:
        explicit UnderWay(TurnQueue& queue) noexcept : queue_(queue) {
            queue_.in_turn_ = true;
            ++queue_.number_;
            queue_.time_.reset();
        }

        UnderWay(const UnderWay&) = delete;
        UnderWay& operator=(const UnderWay&) = delete;

        ~UnderWay() {
            queue_.in_turn_ = false;
            if (queue_.first_ != nullptr) queue_.schedule();
        }

    private:
        TurnQueue& queue_;
    };

    void run_those_here();
    [[nodiscard]] TurnTask& pop() noexcept;
    void schedule();

    const std::shared_ptr<EventLoop> loop_;
    // The two kinds of executors of an I/O thread that programs meet: those that IoThreads gives
    // away, and those that handlers run on.
    const asio::any_io_executor plain_;
    const asio::any_io_executor of_handlers_;
    TurnTask* first_ = nullptr;
    TurnTask* last_ = nullptr;
    std::uint64_t number_;  // of the last turn
    std::optional<TimePoint> time_;
    bool in_turn_ = false;
    bool scheduled_ = false;
};

}  // namespace rollcall::rpc
