#pragma once
// Threads that call one method of a service without a pause.

#include <rollcall/discovery/service_client.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::tests {

// Starts at once. Must not outlive the client.
class CallLoad {
public:
    // Nothing, or why it has failed.
    using Call = std::function<Result<void>()>;

    // The method's result must be a string: who has answered.
    CallLoad(
        discovery::ServiceClient& client,
        const rpc::Invocation<std::string>& invocation,
        std::size_t threads = 4
    );
    // Calls in any other way.
    explicit CallLoad(Call call, std::size_t threads = 4);
    ~CallLoad();
    CallLoad(const CallLoad&) = delete;
    CallLoad& operator=(const CallLoad&) = delete;

    [[nodiscard]] std::uint64_t answered() const { return answered_; }

    // Waits for so many more answers.
    [[nodiscard]] bool wait_more(std::uint64_t answers) const;

    // Ends and joins the threads; every call that failed, with its error.
    [[nodiscard]] std::vector<Error> stop();

    // How long each call took, whatever became of it; after stop().
    [[nodiscard]] const std::vector<Duration>& times() const { return times_; }

    // When the last call began that has failed; TimePoint{} if none has. After stop().
    [[nodiscard]] TimePoint last_failed() const { return last_failed_; }

private:
    void work();

    const Call call_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> answered_{0};
    std::mutex mutex_;
    std::vector<Error> errors_;
    std::vector<Duration> times_;
    TimePoint last_failed_{};
    std::vector<std::thread> threads_;
};

}  // namespace rollcall::tests
