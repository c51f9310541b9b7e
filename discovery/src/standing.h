#pragma once
// Which instances a call may choose from.

#include <rollcall/registry/instance.h>

#include <cstdint>
#include <vector>

namespace rollcall::discovery {

// Whether it speaks MessagePack-RPC at an address that can be dialled, and wants to.
[[nodiscard]] bool takes_calls(const registry::Instance& instance);

// What speaks against an instance.
struct Standing {
    bool tried = false;    // by this very call
    bool avoided = false;  // for its failures
    bool stale = false;    // says the registry
    bool far = false;      // in another zone than the client
};

// The indexes of those that come first: avoided ones only if nobody else is left, stale ones before
// them, and far ones before those. If less than half of those that are near will do, zones do not
// count: few near ones shall not get the calls of many. Those that were tried are never among them;
// empty if all were.
[[nodiscard]] std::vector<std::uint32_t> fittest(const std::vector<Standing>& all);

}  // namespace rollcall::discovery
