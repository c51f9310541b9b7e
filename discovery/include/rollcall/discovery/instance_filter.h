#pragma once
// Which instances of a service a client wants at all.

#include <rollcall/registry/instance.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rollcall::discovery {

// Everything that is set must hold; nothing set: every instance will do.
struct InstanceFilter {
    std::vector<std::string> tags = {};            // the instance has all of them
    std::string version = {};                      // exactly
    std::map<std::string, std::string> meta = {};  // the instance has these keys with these values
    // A test of your own, called for each instance of each new list, on the thread that brought it.
    // What it throws counts as no.
    std::function<bool(const registry::Instance&)> accept = {};

    [[nodiscard]] bool is_set() const;
    [[nodiscard]] bool accepts(const registry::Instance& instance) const;
};

}  // namespace rollcall::discovery
