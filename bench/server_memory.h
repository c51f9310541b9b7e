#pragma once
// W5: what connections cost the server's process.

#include "contender.h"

#include <cstddef>

namespace rollcall::bench {

// KiB of resident memory that have come for each connection. What the kernel keeps for the sockets
// is not in it.
struct ConnectionMemory {
    double connected_kib;  // they stand, nothing was called
    double used_kib;       // ten calls were made on each, one after the other
};

// Throws std::runtime_error if not all connect or a call fails.
[[nodiscard]] ConnectionMemory measure_memory(const Contender& contender, std::size_t connections);

}  // namespace rollcall::bench
