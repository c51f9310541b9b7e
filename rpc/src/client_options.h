#pragma once
// Whether the options of a client make sense.

#include <rollcall/rpc/client.h>

namespace rollcall::rpc {

// The options as they are used, with I/O threads. Throws std::invalid_argument, which names the
// option, if one makes no sense.
[[nodiscard]] ClientOptions checked(ClientOptions options);

}  // namespace rollcall::rpc
