#include <rollcall/base/file.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall {
namespace {

Error failed(const std::string& doing) {
    const std::string reason = std::error_code{errno, std::system_category()}.message();
    return Error{Errc::file_failed, doing + ": " + reason};
}

}  // namespace

FileDescriptor::FileDescriptor(const std::string& path, int flags)
    : value_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
}

FileDescriptor::~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : value_(std::exchange(other.value_, -1)) {
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
}

int FileDescriptor::release() noexcept {
    return std::exchange(value_, -1);
}

Result<void> write_synced(const std::string& path, std::string_view bytes) {
    const FileDescriptor file{path, O_WRONLY | O_CREAT | O_TRUNC};
    if (!file.is_open()) return failed("cannot open " + path);
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

Result<void> sync_directory(const std::string& path) {
    const FileDescriptor directory{path, O_RDONLY | O_DIRECTORY};
    if (directory.is_open() && ::fsync(directory.get()) == 0) return {};
    return failed("cannot sync " + path);
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
    // A named pipe is opened without waiting for somebody who writes.
    const FileDescriptor file{path, O_RDONLY | O_NONBLOCK};
    if (!file.is_open()) return failed("cannot open " + path);

    struct stat what {};

    if (::fstat(file.get(), &what) != 0) return failed("cannot read " + path);
    if (!S_ISREG(what.st_mode))
        return Error{Errc::file_failed, path + " is no regular file; name one that is"};
    std::string text;
    for (;;) {
        constexpr std::size_t kPiece = 65536;
        const std::size_t had = text.size();
        text.resize(had + kPiece);
        const ssize_t got = ::read(file.get(), text.data() + had, kPiece);
        text.resize(had + static_cast<std::size_t>(got < 0 ? 0 : got));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("cannot read " + path);
        if (got == 0) return text;
        if (text.size() > bytes_max) {
            return Error{
                Errc::file_failed,
                path + " has more than " + std::to_string(bytes_max) + " bytes; that is too much"};
        }
    }
}

}  // namespace rollcall
