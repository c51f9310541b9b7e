#pragma once
// Threads that call and wait.

#include <rollcall/base/result.h>

#include "ledger.h"

#include <asio/any_io_executor.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rollcall::soak {

class Workers {
public:
    // What it throws is a failure too.
    using Work = std::function<Result<void>()>;

    // Tickets are ended on the executor's thread, which is the ledger's.
    Workers(std::size_t threads, asio::any_io_executor executor);
    // Does what it was given, then ends.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void run(const Ticket& ticket, Work work);

private:
    struct Job {
        Ticket ticket;
        Work work;
    };

    void serve();

    const asio::any_io_executor executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool ended_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace rollcall::soak
