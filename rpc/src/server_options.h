#pragma once
// Whether the options of a server make sense.

#include <rollcall/rpc/server.h>

#include <memory>

namespace rollcall::rpc {

// The options as they are used. Throws std::invalid_argument, which names the option, if one makes
// no sense.
[[nodiscard]] std::shared_ptr<const ServerOptions> checked(ServerOptions options);

}  // namespace rollcall::rpc
