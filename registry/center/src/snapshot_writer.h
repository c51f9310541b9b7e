#pragma once
// Keeps the registry's list on disk, on a thread of its own.

#include <rollcall/base/clock.h>
#include <rollcall/base/log.h>

#include "snapshot_file.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace rollcall::registry {

// The I/O thread offers snapshots, the newest one counts. A disk that fails costs nothing but the
// file: it is said once, and tried again with the next snapshot.
class SnapshotWriter {
public:
    // The file must outlive it. `sequence` is that of the last snapshot.
    SnapshotWriter(SnapshotFile& file, std::uint64_t sequence, Log log);
    // Writes what has been offered, then ends.
    ~SnapshotWriter();
    SnapshotWriter(const SnapshotWriter&) = delete;
    SnapshotWriter& operator=(const SnapshotWriter&) = delete;

    // Whether a snapshot is worth making: not while one is written, and no more than one a second,
    // nor more than half of the time for large ones. Any thread.
    [[nodiscard]] bool is_ready(TimePoint now) const;
    void offer(ListSnapshot snapshot);

    struct State {
        bool is_failing = false;
        std::string error;        // of the last attempt
        std::uint64_t saved = 0;  // snapshots
        std::optional<TimePoint> last;
    };

    [[nodiscard]] State state() const;

private:
    void run();
    void save(ListSnapshot snapshot);

    SnapshotFile& file_;
    std::uint64_t sequence_;  // of the writing thread
    const Log log_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<ListSnapshot> offered_;
    bool is_writing_ = false;
    bool stopping_ = false;
    TimePoint next_{};
    State state_;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace rollcall::registry
