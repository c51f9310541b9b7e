#pragma once
// The last list of a service in a file, for starts without a registry.

#include <rollcall/base/clock.h>
#include <rollcall/base/log.h>
#include <rollcall/registry/snapshot.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::discovery {

// One thread at a time; several processes may share the file, which is replaced as a whole.
class ListCache {
public:
    ListCache(std::string service, std::string path, std::chrono::seconds age_max, Log log);

    [[nodiscard]] const std::string& path() const { return path_; }

    // The list is to be written when it is due, unless there is a newer one by then.
    void keep(std::shared_ptr<const registry::Snapshot> list) { unsaved_ = std::move(list); }

    // At once, but not within a second of the last time; TimePoint::max() if nothing is to be
    // written.
    [[nodiscard]] TimePoint due() const { return unsaved_ ? next_ : TimePoint::max(); }

    // Writes what is to be written, if there is anything, and waits for the disk. A file that
    // cannot be written is said once, and is no other harm.
    void write();

    // Nothing, and the reason in the log, if there is no usable list of this service, or none young
    // enough.
    [[nodiscard]] std::optional<registry::Snapshot> read(TimePoint now) const;

private:
    const std::string service_;
    const std::string path_;
    const std::string fresh_path_;
    const std::chrono::seconds age_max_;
    const Log log_;
    std::shared_ptr<const registry::Snapshot> unsaved_;
    TimePoint next_{};
    bool is_failing_ = false;
};

}  // namespace rollcall::discovery
