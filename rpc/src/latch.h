#pragma once
// One event that is waited for.

#include <rollcall/base/deadline.h>

#include <condition_variable>
#include <mutex>

namespace rollcall::rpc {

// Opens once and stays open. Shared by those who wait and those who open, so that neither must
// outlive the other. Thread safety: any thread.
class Latch {
public:
    void open() {
        const std::lock_guard lock{mutex_};
        open_ = true;
        changed_.notify_all();
    }

    // False if `until` passed first.
    [[nodiscard]] bool wait(Deadline until) {
        std::unique_lock lock{mutex_};
        const auto is_open = [this] { return open_; };
        if (!until.is_never()) return changed_.wait_until(lock, until.point(), is_open);
        changed_.wait(lock, is_open);
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

}  // namespace rollcall::rpc
