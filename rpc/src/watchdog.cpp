#include "watchdog.h"

#include <rollcall/base/thread.h>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {

Watchdog::Watchdog(
    std::vector<std::shared_ptr<IoThread>> threads,
    std::shared_ptr<const MethodTable> methods,
    Duration threshold,
    Log log
)
    : threads_(std::move(threads)),
      methods_(std::move(methods)),
      threshold_(threshold),
      log_(std::move(log)),
      thread_(start_thread("rollcall-watch", [this] { watch(); })) {
}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        changed_.notify_all();
    }
    thread_.join();
}

void Watchdog::watch() {
    std::vector<Seen> seen(threads_.size());
    std::unique_lock lock{mutex_};
    const Duration pause = std::max<Duration>(threshold_ / 4, std::chrono::milliseconds{1});
    while (!changed_.wait_for(lock, pause, [this] { return stopped_; })) {
        const TimePoint now = SteadyClock::now();
        for (std::size_t i = 0; i < threads_.size(); ++i)
            look(*threads_[i], seen[i], now);
    }
}

void Watchdog::look(const IoThread& thread, Seen& seen, TimePoint now) const {
    const std::string* const method = thread.running();
    const std::uint64_t run = thread.handler_runs();
    if (method == nullptr || run != seen.run) {
        seen = {run, now, false};
        return;
    }
    if (seen.reported || now - seen.since < threshold_) return;
    seen.reported = true;
    if (!methods_->owns(method)) return;
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen.since).count();
    log_.warning(
        "the handler of '" + *method + "' has held an I/O thread for " + std::to_string(ms) +
        " ms: all connections of the thread wait; register it with RunOn::pool"
    );
}

}  // namespace rollcall::rpc
