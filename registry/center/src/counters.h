#pragma once
// What the registry has counted since its start, for /v1/status and /metrics.

#include <cstdint>

namespace rollcall::registry {

struct Counters {
    std::uint64_t heartbeats = 0;  // leases renewed; several may come in one request
    std::uint64_t missing = 0;     // heartbeats for what is not listed
    std::uint64_t registered = 0;  // new on the list, or taken over
    std::uint64_t expired = 0;
    std::uint64_t held = 0;  // times a lease was held instead of ended
    std::uint64_t left = 0;
    std::uint64_t rejected_tokens = 0;  // requests that showed one which nobody knows
};

}  // namespace rollcall::registry
