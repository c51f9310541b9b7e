#pragma once
// Where snapshots are kept: a directory of this registry's own.

#include <rollcall/base/file.h>
#include <rollcall/base/result.h>

#include "snapshot.h"

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// Two generations of snapshots in files. A crash at any moment, a full disk and a torn file leave
// at least one that can be read. Thread safety: one thread at a time.
class SnapshotFile {
public:
    // Makes the directory if there is none. Throws std::system_error or std::runtime_error with a
    // sentence if it cannot be used, or if another process does.
    explicit SnapshotFile(std::string directory);

    struct Loaded {
        ListSnapshot snapshot;              // empty if there was none that can be read
        std::string from;                   // its file; empty if there was none
        std::vector<std::string> problems;  // of files that could not be read
    };

    // The newest snapshot that is whole.
    [[nodiscard]] Loaded load() const;

    // Written beside, synced, then renamed; the last one becomes the previous one.
    [[nodiscard]] Result<void> save(std::string_view text);

    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

private:
    [[nodiscard]] std::string path(std::string_view name) const;

    const std::string directory_;
    FileDescriptor lock_;
};

}  // namespace rollcall::registry
