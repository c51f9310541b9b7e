#pragma once
// What a peer may make us read.

#include <cstddef>

namespace rollcall::codec {

// The deepest nesting that can be asked for: the scanner's stack has this size.
inline constexpr std::size_t kMaxDepth = 128;

// The longest method name of a request.
inline constexpr std::size_t kMaxMethodBytes = 255;

struct Limits {
    // The largest message. A longer one is refused as soon as its headers promise it, before
    // anything is stored for it.
    std::size_t max_message_bytes = std::size_t{16} << 20U;
    // The deepest nesting of arrays and maps, the message's own array included. At most kMaxDepth.
    std::size_t max_depth = 64;
};

}  // namespace rollcall::codec
