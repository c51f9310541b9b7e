#pragma once
// The last list of a service in a file, for starts without a registry.

#include <rollcall/base/clock.h>
#include <rollcall/base/log.h>
#include <rollcall/registry/snapshot.h>

#include <chrono>
#include <optional>
#include <string>

namespace rollcall::discovery {

// One thread at a time; several processes may share the file, which is replaced as a whole.
class ListCache {
public:
    ListCache(std::string path, std::chrono::seconds age_max, Log log)
        : path_(std::move(path)), age_max_(age_max), log_(std::move(log)) {}

    [[nodiscard]] const std::string& path() const { return path_; }

    // A file that cannot be written is said once, and is no other harm.
    void write(const registry::Snapshot& list);

    // Nothing, and the reason in the log, if there is no usable list, or none young enough.
    [[nodiscard]] std::optional<registry::Snapshot> read(TimePoint now) const;

private:
    const std::string path_;
    const std::chrono::seconds age_max_;
    const Log log_;
    bool is_failing_ = false;
};

}  // namespace rollcall::discovery
