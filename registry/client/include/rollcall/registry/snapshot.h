#pragma once
// What a registry listed for one service at one moment.

#include <rollcall/base/clock.h>
#include <rollcall/registry/instance.h>

#include <string>
#include <vector>

namespace rollcall::registry {

// Who says so.
enum class Origin {
    registry,
    cache,  // a file of a former process of this machine
    given,  // a list given by hand
};

// A value; shared as const once it is published.
struct Snapshot {
    std::string service;
    // Of the registry, "<epoch>.<n>"; opaque: only equality means something. Empty if the registry
    // has none.
    std::string index;
    std::vector<Instance> instances;  // in the registry's order
    TimePoint taken{};                // when the answer arrived
    Origin origin = Origin::registry;
};

}  // namespace rollcall::registry
