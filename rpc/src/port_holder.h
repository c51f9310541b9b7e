#pragma once
// Who listens on a port of this machine.

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace rollcall::rpc {

// "'python3', process 1234", read from /proc; empty if it cannot be found out (another user's
// process, another namespace).
[[nodiscard]] std::string port_holder(std::uint16_t port);

// The same words for one process.
[[nodiscard]] std::string process_name(pid_t pid);

}  // namespace rollcall::rpc
