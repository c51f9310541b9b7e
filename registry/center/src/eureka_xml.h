#pragma once
// Eureka's instances as XML.

#include <rollcall/base/result.h>

#include "eureka_instance.h"

#include <string>
#include <string_view>

namespace rollcall::registry {

// A registration with the root <instance>. A DOCTYPE is skipped, no entity but XML's own is
// expanded. Errors are invalid_argument.
[[nodiscard]] Result<EurekaInstance> eureka_from_xml(const std::string& text);

// <instance>...</instance>, well-formed whatever the texts are.
[[nodiscard]] std::string eureka_to_xml(const EurekaInstance& instance);

}  // namespace rollcall::registry
