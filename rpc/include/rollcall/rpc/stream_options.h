#pragma once
// What streams may cost: docs/streams.md.

#include <rollcall/base/clock.h>

#include <cstddef>

namespace rollcall::rpc {

// Of one connection each. A server or a client that opens streams, and one that others open streams
// of, have the same limits. Trivially copyable.
struct StreamOptions {
    // Open at once in each direction. One more that this side opens fails as overloaded, not sent;
    // one more of the peer's is refused so.
    std::size_t max_streams = 1024;
    // Bytes that the peer may send on a stream before anything of it is read: so much is held of
    // each stream that nobody reads. At most 2^31 - 1.
    std::size_t window = std::size_t{64} << 10U;
    // What the window of a stream grows to as long as its reader keeps up.
    std::size_t max_window = std::size_t{1} << 20U;
    // What all streams of the connection may hold beyond their first windows: grown windows, and
    // items that are larger than a window. Without room windows do not grow; an item that finds
    // none ends its stream, and only that. Not less than one message.
    std::size_t max_bytes = std::size_t{64} << 20U;
    // A stream of which no message has come or gone for so long ends with timed_out.
    Duration idle_timeout = std::chrono::minutes{5};
};

}  // namespace rollcall::rpc
