#include "gate.h"

#include <rollcall/base/log.h>
#include <rollcall/base/secret.h>

#include <algorithm>
#include <stdexcept>

namespace rollcall::inspect {
namespace {

using http::Request;
using http::Response;

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

// "localhost:9090" is "localhost", "[::1]:9090" is "::1".
std::string host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        return lower_case(authority.substr(1, end == std::string_view::npos ? end : end - 1));
    }
    return lower_case(authority.substr(0, authority.find(':')));
}

// What tells nothing of the server: whether it serves, and the page, which asks by itself.
bool is_open(const Request& request) {
    const auto& path = request.path;
    return request.method == "GET" &&
           (path.empty() || (path.size() == 1 && path.front() == "healthz"));
}

bool changes_nothing(const Request& request) {
    return request.method == "GET";
}

}  // namespace

Gate::Gate(const InspectorOptions& options, const Endpoint& listen)
    : token_(options.token),
      hosts_{"localhost", "127.0.0.1", "::1", lower_case(listen.host())},
      scheme_(options.tls.enabled() ? "https://" : "http://") {
    if (token_.empty() && !listen.is_loopback()) {
        throw std::invalid_argument{
            "InspectorOptions::listen: other machines reach " + listen.to_string() +
            ", so the inspector needs a token; give one, or listen on 127.0.0.1"};
    }
    for (const std::string& host : options.allowed_hosts)
        hosts_.push_back(lower_case(host));
}

std::optional<Response> Gate::refuse(const Request& request) const {
    const auto host = request.header("Host");
    if (token_.empty() && host && !knows_host(*host)) {
        return Response::error(
            421,
            "misdirected",
            "this listener is not called " + printable(*host, 100) +
                "; address it as 127.0.0.1, or allow the name"
        );
    }
    const auto origin = request.header("Origin");
    if (!changes_nothing(request) && origin &&
        *origin != scheme_ + std::string{host.value_or("")}) {
        return Response::error(
            403, "foreign_origin", "a page of " + printable(*origin, 100) + " may not do that here"
        );
    }
    if (token_.empty() || is_open(request) || shows_token(request)) return std::nullopt;
    return Response::error(
               401, "unauthorized", "send `Authorization: Bearer TOKEN` with the inspector's token"
    )
        .with_header("WWW-Authenticate", "Bearer");
}

bool Gate::knows_host(std::string_view host) const {
    return std::find(hosts_.begin(), hosts_.end(), host_of(host)) != hosts_.end();
}

bool Gate::shows_token(const Request& request) const {
    const std::string_view header = request.header("Authorization").value_or("");
    const auto space = header.find(' ');
    if (space == std::string_view::npos || lower_case(header.substr(0, space)) != "bearer")
        return false;
    return same_secret(token_, header.substr(space + 1));
}

}  // namespace rollcall::inspect
