#pragma once
// A connected TCP socket.

#include <rollcall/base/result.h>

#include "socket_io.h"

#include <cstdint>
#include <string>
#include <vector>

namespace rollcall::http {

struct DialOptions {
    std::uint16_t port = 0;
    Duration timeout{};  // of each address
};

// Tries the numeric addresses in their order; the descriptor of the first connection made, with
// TCP_NODELAY, owned by the caller. An error says what each attempt ran into.
[[nodiscard]] Result<int> dial(
    const std::vector<std::string>& addresses, const DialOptions& options, const IoBounds& bounds
);

// The local address of a connected socket, an IP literal.
[[nodiscard]] Result<std::string> local_address_of(int descriptor);

}  // namespace rollcall::http
