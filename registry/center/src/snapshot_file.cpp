#include "snapshot_file.h"

#include <rollcall/base/log.h>

#include <cerrno>
#include <cstdio>
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

Error failed(const std::string& doing) {
    const std::string reason = std::error_code{errno, std::system_category()}.message();
    return Error{Errc::registry_failed, doing + ": " + reason};
}

class Descriptor {
public:
    Descriptor(const std::string& path, int flags)
        : value_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}

    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const noexcept { return value_; }

    [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

private:
    int value_;
};

Result<void> write_synced(const std::string& path, std::string_view bytes) {
    const Descriptor file{path, O_WRONLY | O_CREAT | O_TRUNC};
    if (file.get() < 0) return failed("cannot open " + path);
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failed("cannot write " + path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) return failed("cannot sync " + path);
    return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0) return {};
    return failed("cannot rename " + from);
}

}  // namespace

SnapshotFile::SnapshotFile(std::string directory) : directory_(std::move(directory)) {
    std::error_code ec;
    std::filesystem::create_directories(directory_, ec);
    if (ec) throw std::system_error{ec, "cannot make the data directory " + directory_};
    Descriptor lock{path("lock"), O_RDWR | O_CREAT};
    if (lock.get() < 0) {
        throw std::system_error{
            errno, std::system_category(), "cannot use the data directory " + directory_};
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        throw std::runtime_error{
            "the data directory " + directory_ + " is in use by another rollcall-registry"};
    }
    lock_ = lock.release();
}

SnapshotFile::~SnapshotFile() {
    ::close(lock_);
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
    const Descriptor directory{directory_, O_RDONLY | O_DIRECTORY};
    if (directory.get() < 0 || ::fsync(directory.get()) != 0)
        return failed("cannot sync " + directory_);
    return {};
}

std::string SnapshotFile::path(std::string_view name) const {
    return directory_ + "/" + std::string{name};
}

}  // namespace rollcall::registry
