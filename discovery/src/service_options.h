#pragma once
// The options of a ServiceClient.

#include <rollcall/discovery/service_client.h>

namespace rollcall::discovery {

// With what was left open filled in. Times beyond a year become a year. Throws
// std::invalid_argument for one that makes no sense, with a sentence that names it.
[[nodiscard]] ServiceClientOptions checked(ServiceClientOptions options);

}  // namespace rollcall::discovery
