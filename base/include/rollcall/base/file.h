#pragma once
// Files that are written whole and read whole.

#include <rollcall/base/result.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

// Owns a file descriptor. Thread safety: as an int.
class FileDescriptor {
public:
    FileDescriptor() = default;

    explicit FileDescriptor(int value) : value_(value) {}

    // Opens with O_CLOEXEC; a file that is made is for its owner only. errno says why get() is -1.
    FileDescriptor(const std::string& path, int flags);
    ~FileDescriptor();
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;

    [[nodiscard]] int get() const noexcept { return value_; }

    [[nodiscard]] bool is_open() const noexcept { return value_ >= 0; }

    // It is the caller's to close from now on.
    [[nodiscard]] int release() noexcept;

private:
    int value_ = -1;
};

// Writes a file and waits until it is on the disk. A reader at the same time may see a part of it;
// see rename_file(). Errors are file_failed with the path and the system's reason.
[[nodiscard]] Result<void> write_synced(const std::string& path, std::string_view bytes);

// Replaces `to` at once: readers see the old file or the new one.
[[nodiscard]] Result<void> rename_file(const std::string& from, const std::string& to);

// What has been renamed in the directory stays so after a loss of power.
[[nodiscard]] Result<void> sync_directory(const std::string& path);

// The whole file; an error, also for one of more than `bytes_max`, and for what is no regular file:
// a pipe could keep the caller waiting for ever.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace rollcall
