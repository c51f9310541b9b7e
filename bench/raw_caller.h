#pragma once
// The floor of clients that call and wait: a blocking socket.

#include "caller.h"

namespace rollcall::bench {

[[nodiscard]] std::unique_ptr<Caller> connect_raw(
    const Endpoint& server, std::size_t payload_bytes
);

}  // namespace rollcall::bench
