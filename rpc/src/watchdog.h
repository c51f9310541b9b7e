#pragma once
// Notices handlers that hold an I/O thread.

#include <rollcall/base/log.h>

#include "io_thread.h"
#include "method_table.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace rollcall::rpc {

// A thread of its own that looks at the I/O threads now and then. A handler that has run for
// longer than the threshold is named in the log, once per run; a run of a coroutine is from where
// it goes on to where it waits. Handlers of other servers on the
// same threads are theirs to report, and their names may be gone: only names of `methods` are
// looked at.
class Watchdog {
public:
    Watchdog(
        std::vector<std::shared_ptr<IoThread>> threads,
        std::shared_ptr<const MethodTable> methods,
        Duration threshold,
        Log log
    );
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    struct Seen {
        std::uint64_t run = 0;
        TimePoint since{};
        bool reported = false;
    };

    void watch();
    void look(const IoThread& thread, Seen& seen, TimePoint now) const;

    const std::vector<std::shared_ptr<IoThread>> threads_;
    const std::shared_ptr<const MethodTable> methods_;
    const Duration threshold_;
    const Log log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopped_ = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace rollcall::rpc
