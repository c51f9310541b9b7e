#include "unix_listener.h"

#include <rollcall/base/clock.h>

#include "port_holder.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::rpc {
namespace {

// How long others may be busy with the names in the same folder.
constexpr Duration kLockPatience = std::chrono::seconds{1};
constexpr Duration kLockPause = std::chrono::milliseconds{5};

[[noreturn]] void refuse(const Endpoint& endpoint, int error, const std::string& why = "") {
    std::string what = "cannot listen on " + endpoint.to_string();
    if (!why.empty()) what += " (" + why + ")";
    throw std::system_error{error, std::system_category(), what};
}

// Held while a name changes hands, so that nobody takes one for dead that is just being made. It is
// the folder that is locked: a lock file would be left behind. Without the right to open the folder
// there is no lock, and two servers that start in the same instant may both believe to have the
// name.
class FolderLock {
public:
    explicit FolderLock(const std::string& path)
        : descriptor_(::open(
              std::filesystem::path{path}.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC
          )) {
        const TimePoint ends = SteadyClock::now() + kLockPatience;
        while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 &&
               SteadyClock::now() < ends) {
            std::this_thread::sleep_for(kLockPause);
        }
    }

    ~FolderLock() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int descriptor_;
};

struct Descriptor {
    explicit Descriptor(int opened) : number(opened) {}

    ~Descriptor() {
        if (number >= 0) ::close(number);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    const int number;
};

struct Holder {
    bool alive = false;
    std::string name;  // if it can be found out
};

// Who listens there: asked by connecting, because a file alone says nothing.
Holder holder_of(const Endpoint& endpoint) {
    const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const StreamAddress address = unix_address(endpoint);
    if (::connect(
            probe.number,
            static_cast<const sockaddr*>(address.data()),
            static_cast<socklen_t>(address.size())
        ) != 0) {
        // EAGAIN: somebody listens, and is busy. Anything but a refusal proves nothing.
        return {errno != ECONNREFUSED && errno != ENOENT, {}};
    }
    const auto listener = unix_peer_of(probe.number);
    return {true, listener ? process_name(static_cast<pid_t>(listener->pid)) : std::string{}};
}

// Makes room for the name, or throws.
void clear_away(const Endpoint& endpoint, const std::string& path) {
    struct stat found {};

    if (::lstat(path.c_str(), &found) != 0) return;
    if (!S_ISSOCK(found.st_mode)) refuse(endpoint, EADDRINUSE, "the file is no socket");
    const Holder holder = holder_of(endpoint);
    if (holder.alive) {
        refuse(endpoint, EADDRINUSE, holder.name.empty() ? "" : "held by " + holder.name);
    }
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        refuse(endpoint, errno, "nobody listens there, but the old file cannot be removed");
}

void bind_and_listen(ListeningSocket& socket, const Endpoint& endpoint) {
    asio::error_code ec;
    socket.bind(unix_address(endpoint), ec);
    if (!ec) socket.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) return;
    const bool taken = ec == asio::error::address_in_use;
    const std::string holder = taken ? holder_of(endpoint).name : std::string{};
    refuse(endpoint, ec.value(), holder.empty() ? "" : "held by " + holder);
}

}  // namespace

UnixSocketFile UnixSocketFile::listen(
    ListeningSocket& socket, const Endpoint& endpoint, unsigned mode
) {
    UnixSocketFile file;
    const std::string path{endpoint.unix_name()};
    if (path.starts_with('@')) {
        bind_and_listen(socket, endpoint);
        return file;
    }
    const FolderLock lock{path};
    clear_away(endpoint, path);
    // Linux gives the file the mode of the socket less the umask: never more than was asked for,
    // not for an instant. Then exactly that.
    ::fchmod(socket.native_handle(), mode);
    bind_and_listen(socket, endpoint);

    struct stat made {};

    if (::chmod(path.c_str(), mode) != 0 || ::lstat(path.c_str(), &made) != 0)
        refuse(endpoint, errno, "the mode of its file cannot be set");
    file.path_ = path;
    file.device_ = made.st_dev;
    file.inode_ = made.st_ino;
    return file;
}

UnixSocketFile::UnixSocketFile(UnixSocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {
}

UnixSocketFile& UnixSocketFile::operator=(UnixSocketFile&& other) noexcept {
    if (this == &other) return *this;
    remove();
    path_ = std::exchange(other.path_, {});
    device_ = other.device_;
    inode_ = other.inode_;
    return *this;
}

void UnixSocketFile::remove() noexcept {
    const std::string path = std::exchange(path_, {});
    if (path.empty()) return;
    const FolderLock lock{path};

    struct stat found {};

    const bool ours =
        ::lstat(path.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
    if (ours) ::unlink(path.c_str());
}

}  // namespace rollcall::rpc
