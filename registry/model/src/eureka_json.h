#pragma once
// Eureka's instances as JSON.

#include <rollcall/base/result.h>

#include "eureka_instance.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace rollcall::registry {

// A registration as clients send it, bare or in {"instance":...}: numbers and booleans may be
// strings, a port may be a number, members that are not known are ignored. Only types and ranges
// are checked. Errors are invalid_argument and name the field.
[[nodiscard]] Result<EurekaInstance> eureka_from_json(std::string_view text);

// The same from a value of that shape. Never recurses, however deep the value is.
[[nodiscard]] Result<EurekaInstance> eureka_from_value(const nlohmann::json& value);

// {"instanceId":...}, the types of each member as all known clients can read them.
[[nodiscard]] std::string eureka_to_json(const EurekaInstance& instance);

// What of an instance the native model has no place for; eureka_from_json() reads it.
[[nodiscard]] std::string eureka_extras(const EurekaInstance& instance);

}  // namespace rollcall::registry
