#pragma once
// Asks all I/O threads of a server for their connections.

#include <rollcall/rpc/server_facts.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace rollcall::rpc {

// Shared by whoever waits and by the threads that answer, of which none waits for anything.
// Thread safety: any thread.
class ConnectionSurvey {
public:
    explicit ConnectionSurvey(std::size_t threads) : missing_(threads) {}

    // One thread's answer.
    void add(std::vector<ConnectionFacts> facts, std::size_t total);

    // What has come by then, at most `limit` of it.
    [[nodiscard]] ConnectionList wait(std::size_t limit, Duration patience);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t missing_;
    ConnectionList list_;
};

}  // namespace rollcall::rpc
