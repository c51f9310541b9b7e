#pragma once
// Streams of the load.

#include <rollcall/rpc/client.h>

#include "ledger.h"

#include <asio/any_io_executor.hpp>

#include <cstdint>

namespace rollcall::soak {

// Down, up, both ways or given up, by the number. The client outlives it; `executor` is that of the
// ledger's thread.
void start_stream(
    rpc::Client& client,
    const asio::any_io_executor& executor,
    std::uint64_t number,
    const Ticket& ticket
);

}  // namespace rollcall::soak
