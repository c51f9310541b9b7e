#pragma once
// client.call(), on any thread.

#include "caller.h"
#include "rollcall_options.h"

namespace rollcall::bench {

[[nodiscard]] std::unique_ptr<Caller> connect_rollcall(
    Features features, const Endpoint& server, std::size_t payload_bytes
);

}  // namespace rollcall::bench
