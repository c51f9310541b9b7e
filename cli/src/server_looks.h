#pragma once
// The counters of a server, or of each instance of a service.

#include <rollcall/base/result.h>

#include "output.h"

#include <functional>
#include <string>
#include <vector>

namespace rollcall::cli {

// What one server said.
struct ServerLook {
    std::string endpoint;
    Result<Json> stats;  // the result of `$/stats`
};

// Asks all of them at once. An error if nobody has answered.
using Looker = std::function<Result<std::vector<ServerLook>>()>;

// `target` is host:port, [v6]:port, unix:/path or the name of a service, whose instances may come
// and go. An invalid text is an error that says what is wrong.
[[nodiscard]] Result<Looker> open_looker(const std::string& target, const Settings& settings);

// Whether the text is the name of a service.
[[nodiscard]] bool names_service(const std::string& target);

}  // namespace rollcall::cli
