#include "io_thread.h"

#include <rollcall/base/home_process.h>
#include <rollcall/base/thread.h>
#include <rollcall/rpc/io_threads.h>

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rollcall::rpc {
namespace {

// More than a loop that is told to end has ready, unless something goes on for ever.
constexpr std::size_t kLastHandlers = 100'000;

thread_local IoThread* current_io_thread = nullptr;

}  // namespace

IoThread::IoThread(Log log)
    : log_(std::move(log)),
      work_(loop_->get_executor()),
      input_(std::make_unique_for_overwrite<char[]>(kInputBytes)) {
}

template <class Turn>
void IoThread::guarded(Turn&& turn) {
    // Half a message of one connection must not go to the next, nor what it has still to count.
    const auto clean = [this] {
        reset_output();
        calls_.end(SteadyClock::now());
    };
    try {
        turn();
    } catch (const std::exception& error) {
        clean();
        log_.error(std::string{"a completion handler threw: "} + error.what());
    } catch (...) {
        clean();
        log_.error("a completion handler threw something that is no std::exception");
    }
}

void IoThread::run() {
    current_io_thread = this;
    turns_.begin();
    while (!loop_->stopped())
        guarded([this] { loop_->run(); });
    // Completions that have been posted already are awaited by somebody.
    guarded([this] { loop_->close(kLastHandlers); });
    turns_.end();
    loop_->close(0);  // nothing is left to throw: in case a handler has
    current_io_thread = nullptr;
}

void IoThread::stop() {
    work_.reset();
    loop_->stop();
}

IoThread* IoThread::current() noexcept {
    return current_io_thread;
}

// The loops are owned by their threads as well, so that a group that is destroyed on one of its
// own threads can leave that thread to end by itself.
struct IoThreads::State {
    State(std::size_t count, const Log& log) {
        loops.reserve(count);
        threads.reserve(count);
        try {
            for (std::size_t i = 0; i < count; ++i) {
                loops.push_back(std::make_shared<IoThread>(log));
                threads.push_back(start_thread("rollcall-io", [loop = loops.back()] {
                    loop->run();
                }));
            }
        } catch (...) {  // the system has no thread left
            end();
            throw;
        }
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ~State() {
        if (!home.is_here()) {
            leak();
            return;
        }
        end();
    }

    void end() {
        for (const auto& loop : loops)
            loop->stop();
        for (std::size_t i = 0; i < threads.size(); ++i) {
            loops[i]->is_current() ? threads[i].detach() : threads[i].join();
        }
    }

    // In a forked child the threads do not exist, and closing the loops would take the parent's
    // sockets out of the epoll set that both share: everything is left as it is.
    void leak() {
        for (auto& thread : threads)
            thread.detach();
        for (auto& loop : loops)
            abandon(std::move(loop));
    }

    std::vector<std::shared_ptr<IoThread>> loops;
    std::vector<std::thread> threads;
    std::atomic<std::size_t> turn{0};
    const HomeProcess home;
};

IoThreads::IoThreads(std::size_t threads, const Log& log)
    : state_(std::make_shared<State>(threads > 0 ? threads : 1, log)) {
}

IoThreads IoThreads::shared() {
    static std::mutex mutex;
    static std::weak_ptr<State> current;
    const std::lock_guard lock{mutex};
    IoThreads group;
    group.state_ = current.lock();
    if (!group.state_ || !group.state_->home.is_here()) {
        group.state_ = std::make_shared<State>(1, Log{});
        current = group.state_;
    }
    return group;
}

std::size_t IoThreads::size() const noexcept {
    return state_ ? state_->loops.size() : 0;
}

std::shared_ptr<IoThread> IoThreads::next() const {
    return at(state_->turn.fetch_add(1, std::memory_order_relaxed) % state_->loops.size());
}

std::shared_ptr<IoThread> IoThreads::at(std::size_t index) const {
    return state_->loops.at(index);
}

asio::any_io_executor IoThreads::executor() const {
    return next()->context().get_executor();
}

bool IoThreads::on_io_thread() noexcept {
    return IoThread::current() != nullptr;
}

}  // namespace rollcall::rpc
