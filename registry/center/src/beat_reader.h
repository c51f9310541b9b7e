#pragma once
// The body of POST /v1/heartbeat: many leases in one request.

#include <rollcall/base/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// One lease that is renewed.
struct Beat {
    std::string service;
    std::string id;
    std::string incarnation;  // empty: of whoever is listed
};

// {"instances":[{"service":...,"id":...,"incarnation":...}]}; services in lower case. Members of
// other names are ignored. Errors name the element, like "instances[3].id is missing".
[[nodiscard]] Result<std::vector<Beat>> beats_from_json(std::string_view text);

}  // namespace rollcall::registry
