#pragma once
// The index of lists whose registry has none.

#include <rollcall/registry/instance.h>

#include <string>
#include <vector>

namespace rollcall::registry {

// The same for two lists exactly if they are equal, order included. No '.' is in it: it tells no
// epoch.
[[nodiscard]] std::string content_index(const std::vector<Instance>& instances);

// An instance that is known by its address alone.
[[nodiscard]] Instance instance_of(const Endpoint& endpoint, const std::string& via);

}  // namespace rollcall::registry
