#pragma once
// When a snapshot is taken, and what becomes of it at the next start.

#include "snapshot_file.h"
#include "snapshot_writer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace rollcall::registry {

// Used by one thread, before and while the registry serves.
class SnapshotKeeper {
public:
    // Throws as SnapshotFile does.
    SnapshotKeeper(std::string directory, Log log);

    // Lists what the last snapshot says, and says what it was; the number of instances.
    std::size_t restore_into(LeaseStore& store, TimePoint now);

    // Offers a snapshot if there is something new and the time for one.
    void look(const LeaseStore& store, TimePoint now);

    // Writes the last one, and waits for that.
    void finish(const LeaseStore& store, TimePoint now);

    [[nodiscard]] SnapshotWriter::State state() const { return writer_->state(); }

private:
    const Log log_;
    SnapshotFile file_;
    std::shared_ptr<SnapshotWriter> writer_;  // its thread exists in this process only
    std::uint64_t kept_ = 0;                  // the change up to which the list has been offered
};

}  // namespace rollcall::registry
