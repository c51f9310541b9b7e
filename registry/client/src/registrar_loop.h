#pragma once
// The heartbeat loop behind a Registrar: a plan says what to do, this does it.

#include <rollcall/base/home_process.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/registrar.h>

#include "heartbeat_plan.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

namespace rollcall::registry {

// Shared by the handle and its thread, so that a handle destroyed on that very thread (in
// on_state) leaves nothing dangling. What only the thread uses is not locked.
class Registrar::Loop {
public:
    // Throws std::invalid_argument.
    Loop(Connection connection, RegistrarOptions options);

    static void start(const std::shared_ptr<Loop>& loop);

    void set_status(Status status);

    [[nodiscard]] RegistrarState state();

    [[nodiscard]] Instance instance();

    Result<void> wait_registered(Deadline deadline);
    void stop();

    // For the handle's destructor.
    static void release(std::shared_ptr<Loop>&& loop);

private:
    void run();
    bool step();
    void perform(Step step, Status status);
    Result<Lease> announce(Status status, Deadline deadline);
    Result<void> find_address(Deadline deadline);
    void withdraw();
    void check_health();
    [[nodiscard]] bool is_stopping();
    void publish(RegistrarState state, const std::string& why);
    void log(RegistrarState state, const std::string& why) const;
    [[nodiscard]] std::string name() const;

    // With mutex_ held.
    [[nodiscard]] Status wanted() const { return healthy_ ? status_ : Status::down; }

    Connection connection_;
    const RegistrarOptions options_;
    std::optional<Endpoint> endpoint_;
    bool perhaps_listed_ = false;
    bool is_released_ = false;  // in a callback: what the others capture may be gone
    RegistrarState published_ = RegistrarState::starting;
    std::stop_source stop_requests_;

    std::mutex mutex_;
    std::condition_variable changed_;
    Instance instance_;
    HeartbeatPlan plan_;
    Status status_ = Status::up;
    bool healthy_ = true;
    bool stopping_ = false;
    std::string last_failure_ = "the registry has not answered yet";

    std::atomic<std::thread::id> loop_thread_{};
    std::mutex join_mutex_;
    std::thread thread_;
    const HomeProcess home_;
};

}  // namespace rollcall::registry
