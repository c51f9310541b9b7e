#pragma once
// The header protocol: a list of servers in one HTTP header, bodies empty or for convenience.

#include <rollcall/base/clock.h>
#include <rollcall/http/request.h>
#include <rollcall/http/response.h>

#include "center.h"

#include <optional>
#include <string>
#include <vector>

namespace rollcall::registry {

// Only on the server's I/O thread. The center must outlive it.
class HeaderFace {
public:
    explicit HeaderFace(Center& center);

    // The answer, or nothing if the path is not the protocol's.
    [[nodiscard]] std::optional<http::Response> handle(const http::Request& request, TimePoint now);

private:
    http::Response list(const http::Request& request, TimePoint now);
    http::Response announce(const http::Request& request, TimePoint now);
    http::Response withdraw(const http::Request& request, TimePoint now);

    Center& center_;
    const std::vector<std::string> path_;
    const std::string server_header_;
    const std::string servers_header_;
    const std::string service_header_;
};

}  // namespace rollcall::registry
