#include "snapshot_writer.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/thread.h>

#include <algorithm>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr Duration kAtMostEvery = std::chrono::seconds{1};

}  // namespace

SnapshotWriter::SnapshotWriter(SnapshotFile& file, std::uint64_t sequence, Log log)
    : file_(file), sequence_(sequence), log_(std::move(log)) {
    thread_ = start_thread("snapshot", [this] { run(); });
}

SnapshotWriter::~SnapshotWriter() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

bool SnapshotWriter::is_ready(TimePoint now) const {
    const std::lock_guard lock{mutex_};
    return !is_writing_ && !offered_ && now >= next_;
}

void SnapshotWriter::offer(ListSnapshot snapshot) {
    {
        const std::lock_guard lock{mutex_};
        offered_ = std::move(snapshot);
    }
    changed_.notify_one();
}

SnapshotWriter::State SnapshotWriter::state() const {
    const std::lock_guard lock{mutex_};
    return state_;
}

void SnapshotWriter::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return offered_ || stopping_; });
        if (!offered_) return;
        ListSnapshot snapshot = *std::exchange(offered_, std::nullopt);
        is_writing_ = true;
        lock.unlock();
        save(std::move(snapshot));
        lock.lock();
        is_writing_ = false;
    }
}

void SnapshotWriter::save(ListSnapshot snapshot) {
    const TimePoint begun = SteadyClock::now();
    snapshot.sequence = ++sequence_;
    const Result<void> saved =
        catching(Errc::registry_failed, [&] { return file_.save(to_text(snapshot)); });
    const TimePoint ended = SteadyClock::now();
    bool was_failing = false;
    {
        const std::lock_guard lock{mutex_};
        next_ = std::max(begun + kAtMostEvery, ended + (ended - begun));
        was_failing = std::exchange(state_.is_failing, !saved);
        state_.error = saved ? "" : saved.error().message();
        if (saved) {
            ++state_.saved;
            state_.last = ended;
        }
    }
    if (!saved && !was_failing) {
        log_.error(
            "no snapshot: " + saved.error().message() +
            "; serving from memory, and trying again with each change"
        );
    }
    if (saved && was_failing) log_.info("snapshots are written again");
}

}  // namespace rollcall::registry
