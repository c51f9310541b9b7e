#include "socket_io.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <poll.h>
#include <sys/socket.h>

namespace rollcall::http {
namespace {

// Rounded up, so that a wait does not spin through its last millisecond.
int poll_timeout(const Deadline& deadline) {
    if (deadline.is_never()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining()).count();
    return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

bool would_block(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

IoEnd check_bounds(const IoBounds& bounds) {
    if (bounds.wake.raised()) return IoEnd::cancelled;
    return bounds.deadline.expired() ? IoEnd::timed_out : IoEnd::ready;
}

IoEnd wait_ready(int descriptor, short events, const IoBounds& bounds) {
    for (;;) {
        if (const IoEnd end = check_bounds(bounds); end != IoEnd::ready) return end;
        std::array<pollfd, 2> entries{
            {{descriptor, events, 0}, {bounds.wake.descriptor(), POLLIN, 0}}};
        const int ready = ::poll(entries.data(), entries.size(), poll_timeout(bounds.deadline));
        if (ready < 0 && errno != EINTR) return IoEnd::failed;
        // An error or a hang-up counts as ready: the transfer that follows says which it is.
        if (ready > 0 && entries[0].revents != 0) return IoEnd::ready;
    }
}

Transfer read_some(int descriptor, char* data, std::size_t size, const IoBounds& bounds) {
    for (;;) {
        // Asked before each receive: data that never stops coming must not outlive the deadline.
        const IoEnd end = wait_ready(descriptor, POLLIN, bounds);
        if (end != IoEnd::ready) return {end, 0, errno};
        const ssize_t n = ::recv(descriptor, data, size, MSG_DONTWAIT);
        if (n > 0) return {IoEnd::ready, static_cast<std::size_t>(n), 0};
        if (n == 0) return {IoEnd::closed, 0, 0};
        if (!would_block(errno) && errno != EINTR) return {IoEnd::failed, 0, errno};
    }
}

Transfer write_all(int descriptor, const char* data, std::size_t size, const IoBounds& bounds) {
    std::size_t done = 0;
    while (done < size) {
        const IoEnd end = wait_ready(descriptor, POLLOUT, bounds);
        if (end != IoEnd::ready) return {end, done, errno};
        const ssize_t n = ::send(descriptor, data + done, size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0) {
            done += static_cast<std::size_t>(n);
        } else if (!would_block(errno) && errno != EINTR) {
            return {IoEnd::failed, done, errno};
        }
    }
    return {IoEnd::ready, done, 0};
}

}  // namespace rollcall::http
