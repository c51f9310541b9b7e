#pragma once
// Which instances of a service a reader wants to see.

#include <rollcall/base/result.h>
#include <rollcall/http/request.h>
#include <rollcall/registry/instance.h>

#include <optional>
#include <string>

namespace rollcall::registry {

// Empty fields mean everything.
struct ListFilter {
    std::optional<Status> status;  // effective
    std::string tag;
    std::string zone;
    std::string version;

    // ?status=&tag=&zone=&version= of a request; an unknown status is an error.
    [[nodiscard]] static Result<ListFilter> of(const http::Request& request);

    [[nodiscard]] bool matches(const Instance& instance) const;
    [[nodiscard]] bool is_everything() const;

    // Different for different filters.
    [[nodiscard]] std::string key() const;
};

}  // namespace rollcall::registry
