#pragma once
// The load in a process of its own, and what it tells.

#include "ledger.h"
#include "options.h"
#include "site.h"

#include <optional>
#include <sys/types.h>
#include <type_traits>

namespace rollcall::soak {

enum class Phase {
    measured,  // the capacity is known, if it was wanted; calls by the clock have begun
    interval,  // figures of one interval
    stopped,   // figures of all of the time; the last calls may be under way still
    drained,   // `in_flight` are those that never ended, `failed` those that failed meanwhile
};

// Goes through the pipe as it is.
struct Report {
    Phase phase = Phase::interval;
    double capacity = 0;  // calls per second, 0 if it was not measured
    double rate = 0;      // intended
    double seconds = 0;   // since the first call by the clock
    Figures figures = {};
};

static_assert(std::is_trivially_copyable_v<Report>);

class LoadProcess {
public:
    // Before anything has started threads.
    LoadProcess(const Options& options, const Addresses& addresses);
    // Kills it.
    ~LoadProcess();
    LoadProcess(const LoadProcess&) = delete;
    LoadProcess& operator=(const LoadProcess&) = delete;

    [[nodiscard]] pid_t process() const { return process_; }

    // Readable when there is a report, or when it has ended.
    [[nodiscard]] int descriptor() const { return reports_; }

    // Waits for the next; nothing if it has ended.
    [[nodiscard]] std::optional<Report> next() const;

    // It stops early, and says so in its last reports.
    void ask_to_stop();

private:
    pid_t process_ = -1;
    int reports_ = -1;  // from it
    int wishes_ = -1;   // to it; closed: it shall stop
};

}  // namespace rollcall::soak
