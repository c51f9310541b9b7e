#pragma once
// Reading from and writing to a socket under one deadline, interruptible by another thread.

#include <rollcall/base/deadline.h>

#include "wake.h"

#include <cstddef>
#include <sys/types.h>

namespace rollcall::http {

// How a wait or a transfer ended.
enum class IoEnd {
    ready,
    timed_out,
    cancelled,
    closed,
    cut,  // as closed, but TLS was not ended before: bytes may be missing
    failed,
};

// What bounds one request; both references outlive it.
struct IoBounds {
    Deadline deadline;
    const Wake& wake;
};

// Whether the request is over already: ready if it is not.
[[nodiscard]] IoEnd check_bounds(const IoBounds& bounds);

// Until `descriptor` has one of `events` (poll's): ready, timed_out, cancelled or failed.
[[nodiscard]] IoEnd wait_ready(int descriptor, short events, const IoBounds& bounds);

struct Transfer {
    IoEnd end = IoEnd::ready;
    std::size_t bytes = 0;
    int error = 0;  // errno when `end` is failed
};

// At least one byte, or why not; closed is the orderly end of the stream.
[[nodiscard]] Transfer read_some(
    int descriptor, char* data, std::size_t size, const IoBounds& bounds
);

// All of it, or why not. Never raises SIGPIPE.
[[nodiscard]] Transfer write_all(
    int descriptor, const char* data, std::size_t size, const IoBounds& bounds
);

}  // namespace rollcall::http
