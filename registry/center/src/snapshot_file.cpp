#include "snapshot_file.h"

#include <rollcall/base/log.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kCurrent = "registry.snapshot";
constexpr std::string_view kPrevious = "registry.snapshot.previous";
constexpr std::string_view kNew = "registry.snapshot.new";

}  // namespace

SnapshotFile::SnapshotFile(std::string directory) : directory_(std::move(directory)) {
    std::error_code ec;
    std::filesystem::create_directories(directory_, ec);
    if (ec) throw std::system_error{ec, "cannot make the data directory " + directory_};
    FileDescriptor lock{path("lock"), O_RDWR | O_CREAT};
    if (!lock.is_open()) {
        throw std::system_error{
            errno, std::system_category(), "cannot use the data directory " + directory_};
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        throw std::runtime_error{
            "the data directory " + directory_ + " is in use by another rollcall-registry"};
    }
    lock_ = std::move(lock);
}

SnapshotFile::Loaded SnapshotFile::load() const {
    Loaded loaded;
    // A crash between two renames leaves the newest one under its first name.
    for (const std::string_view name : {kCurrent, kNew, kPrevious}) {
        std::ifstream file{path(name), std::ios::binary};
        if (!file) continue;
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        Result<ListSnapshot> snapshot = snapshot_from_text(text);
        if (!snapshot) {
            if (name == kNew) continue;  // a crash while it was written
            loaded.problems.push_back(path(name) + ": " + snapshot.error().message());
        } else if (loaded.from.empty() || snapshot->sequence > loaded.snapshot.sequence) {
            loaded.snapshot = *std::move(snapshot);
            loaded.from = path(name);
        }
    }
    return loaded;
}

Result<void> SnapshotFile::save(std::string_view text) {
    if (Result<void> ok = write_synced(path(kNew), text); !ok) return ok;
    if (::access(path(kCurrent).c_str(), F_OK) == 0) {
        if (Result<void> ok = rename_file(path(kCurrent), path(kPrevious)); !ok) return ok;
    }
    if (Result<void> ok = rename_file(path(kNew), path(kCurrent)); !ok) return ok;
    return sync_directory(directory_);
}

std::string SnapshotFile::path(std::string_view name) const {
    return directory_ + "/" + std::string{name};
}

}  // namespace rollcall::registry
