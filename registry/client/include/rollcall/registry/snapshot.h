#pragma once
// What a registry listed for one service at one moment.

#include <rollcall/base/clock.h>
#include <rollcall/registry/instance.h>

#include <string>
#include <vector>

namespace rollcall::registry {

// A value; shared as const once it is published.
struct Snapshot {
    std::string service;
    // Of the registry, "<epoch>.<n>"; opaque: only equality means something. Empty if the registry
    // has none.
    std::string index;
    std::vector<Instance> instances;  // in the registry's order
    TimePoint taken{};                // when the answer arrived
    bool from_cache = false;          // of a former process of this machine, not from the registry
};

}  // namespace rollcall::registry
