#pragma once
// Who may ask the admin listener, and for what.

#include <rollcall/http/request.h>
#include <rollcall/http/response.h>
#include <rollcall/inspect/inspector.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::inspect {

// Decides for a request. Pure; immutable.
class Gate {
public:
    // Throws std::invalid_argument if other machines could come without a token.
    Gate(const InspectorOptions& options, const Endpoint& listen);

    // The answer to one that may not be served: 421 to a name that is not ours, which is what a
    // browser sends that was led here by somebody else's DNS; 403 to another page's POST; 401.
    [[nodiscard]] std::optional<http::Response> refuse(const http::Request& request) const;

private:
    [[nodiscard]] bool knows_host(std::string_view host) const;
    [[nodiscard]] bool shows_token(const http::Request& request) const;

    const std::string token_;
    std::vector<std::string> hosts_;  // in lower case
    const std::string scheme_;
};

}  // namespace rollcall::inspect
