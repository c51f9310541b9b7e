#pragma once
// What goes over the wire, for contenders that do not look at it.

#include <cstddef>
#include <string>

namespace rollcall::bench {

// The bytes of a Rollcall request with this payload.
[[nodiscard]] std::string request_bytes(std::size_t payload_bytes);

}  // namespace rollcall::bench
