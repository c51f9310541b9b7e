#pragma once
// The text of a file with a list of instances.

#include <rollcall/registry/instance.h>

#include <string_view>
#include <vector>

namespace rollcall::registry {

// All instances of the file, those of all services. The error is invalid_argument and says the
// line, what is wrong with it and what is wanted. Pure.
[[nodiscard]] Result<std::vector<Instance>> instances_in_file(std::string_view text);

}  // namespace rollcall::registry
