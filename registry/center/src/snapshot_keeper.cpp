#include "snapshot_keeper.h"

#include <rollcall/base/home_process.h>

#include <utility>

namespace rollcall::registry {

SnapshotKeeper::SnapshotKeeper(std::string directory, Log log)
    : log_(std::move(log)), file_(std::move(directory)) {
}

std::size_t SnapshotKeeper::restore_into(LeaseStore& store, TimePoint now) {
    const SnapshotFile::Loaded loaded = file_.load();
    for (const std::string& problem : loaded.problems)
        log_.warning(problem + "; another snapshot is used if there is one");
    const std::size_t count = restore(loaded.snapshot, store, now);
    if (!loaded.from.empty()) {
        log_.info(
            "restored " + std::to_string(count) + " instances from " + loaded.from +
            ", each with a whole lease"
        );
    }
    kept_ = store.index();
    writer_ = make_shared_at_home<SnapshotWriter>(file_, loaded.snapshot.sequence, log_);
    return count;
}

void SnapshotKeeper::look(const LeaseStore& store, TimePoint now) {
    if (!writer_ || !writer_->is_ready(now)) return;
    if (kept_ == store.index() && !writer_->state().is_failing) return;
    kept_ = store.index();
    writer_->offer(snapshot_of(store, now));
}

void SnapshotKeeper::finish(const LeaseStore& store, TimePoint now) {
    if (!writer_) return;
    if (kept_ != store.index()) writer_->offer(snapshot_of(store, now));
    writer_.reset();
}

}  // namespace rollcall::registry
