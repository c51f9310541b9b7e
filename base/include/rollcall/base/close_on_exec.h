#pragma once
// Descriptors that stay in this process.

#include <fcntl.h>

namespace rollcall {

// Keeps programs that this process starts from now on from inheriting a descriptor: an inherited
// listener holds its port, and an inherited connection does not end before they do. Asio makes its
// sockets without it. Nothing happens for a descriptor that is none. Thread safety: any thread; a
// program that another one starts in the moment before this call still inherits.
inline void close_on_exec(int descriptor) noexcept {
    const int flags = ::fcntl(descriptor, F_GETFD);
    if (flags >= 0) ::fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

}  // namespace rollcall
