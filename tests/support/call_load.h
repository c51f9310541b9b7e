#pragma once
// Threads that call one method of a service without a pause.

#include <rollcall/discovery/service_client.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::tests {

// Starts at once. Must not outlive the client.
class CallLoad {
public:
    // The method's result must be a string: who has answered.
    CallLoad(
        discovery::ServiceClient& client,
        rpc::Invocation<std::string> invocation,
        std::size_t threads = 4
    );
    ~CallLoad();
    CallLoad(const CallLoad&) = delete;
    CallLoad& operator=(const CallLoad&) = delete;

    [[nodiscard]] std::uint64_t answered() const { return answered_; }

    // Waits for so many more answers.
    [[nodiscard]] bool wait_more(std::uint64_t answers) const;

    // Ends and joins the threads; every call that failed, with its error.
    [[nodiscard]] std::vector<Error> stop();

    // The longest that a call took, whatever became of it; after stop().
    [[nodiscard]] Duration longest() const { return longest_; }

private:
    void work();

    discovery::ServiceClient& client_;
    const rpc::Invocation<std::string> invocation_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> answered_{0};
    std::mutex mutex_;
    std::vector<Error> errors_;
    Duration longest_{0};
    std::vector<std::thread> threads_;
};

}  // namespace rollcall::tests
