#pragma once
// A stub with a channel of its own, called from any thread.

#include "../caller.h"
#include "grpc_channel.h"

namespace rollcall::bench {

[[nodiscard]] std::unique_ptr<Caller> connect_grpc(
    Security security, const Endpoint& server, std::size_t payload_bytes
);

}  // namespace rollcall::bench
