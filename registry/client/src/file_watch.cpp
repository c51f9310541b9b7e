#include "file_watch.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace rollcall::registry {
namespace {

// Not IN_MODIFY: what is being written is read when it is closed.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE |
                                  IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;

std::string folder_of(const std::string& path) {
    const auto folder = std::filesystem::path{path}.parent_path();
    return folder.empty() ? "." : folder.string();
}

int milliseconds_until(Deadline deadline) {
    if (deadline.is_never()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining()).count();
    return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

}  // namespace

FileWatch::FileWatch(const std::string& path, const std::stop_token& stop)
    : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stopped_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      on_stop_(stop, [descriptor = stopped_.get()] {
          const std::uint64_t one = 1;
          [[maybe_unused]] const ssize_t written = ::write(descriptor, &one, sizeof one);
      }) {
    if (events_.is_open()) ::inotify_add_watch(events_.get(), folder_of(path).c_str(), kEvents);
}

void FileWatch::wait(Deadline deadline) {
    std::array<pollfd, 2> entries{{{events_.get(), POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
    ::poll(entries.data(), entries.size(), milliseconds_until(deadline));
    // All that has happened so far counts as one.
    std::array<char, 4096> dropped;
    while (events_.is_open() && ::read(events_.get(), dropped.data(), dropped.size()) > 0) {
    }
}

}  // namespace rollcall::registry
