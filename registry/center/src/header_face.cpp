#include "header_face.h"

#include "help.h"

#include <algorithm>

namespace rollcall::registry {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kDefaultService = "default";

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // the '/'
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    }
    return segments;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The address text of a request, checked as far as the list needs it; an empty one is an error.
Result<std::string> address_text(const Request& request, const std::string& header) {
    const std::string_view text = trimmed(request.header(header).value_or(""));
    const auto refuse = [](std::string message) {
        return Error{Errc::invalid_argument, std::move(message)};
    };
    if (text.empty()) {
        return refuse(
            "the header " + header + " is missing; it names the server, like tcp@10.0.0.7:9000"
        );
    }
    if (text.size() > kMaxIdBytes) {
        return refuse(
            "the header " + header + " is " + std::to_string(text.size()) +
            " bytes long; at most " + std::to_string(kMaxIdBytes) + " are allowed"
        );
    }
    if (text.find(',') != std::string_view::npos || !is_clean_text(text)) {
        return refuse(
            "the header " + header + " names one server, without commas and control characters"
        );
    }
    return std::string{text};
}

// The text is listed as it came; this is a copy of it in the terms of the native API.
Result<Instance> instance_of(const std::string& text, std::string service) {
    Instance instance;
    const auto at = text.find('@');
    if (at != std::string::npos) instance.scheme = text.substr(0, at);
    const std::string_view address =
        std::string_view{text}.substr(at == std::string::npos ? 0 : at + 1);
    const Result<Endpoint> endpoint = Endpoint::parse(address);
    if (!endpoint) return endpoint.error();
    instance.service = std::move(service);
    instance.id = text;
    instance.address = endpoint->host();
    instance.port = endpoint->port();
    instance.addr = text;
    instance.via = "header";
    return instance;
}

Response bad_request(const Error& error) {
    return Response::text(400, error.message());
}

bool wants_json(const Request& request) {
    return request.header("Accept").value_or("").find("application/json") != std::string_view::npos;
}

}  // namespace

HeaderFace::HeaderFace(Center& center)
    : center_(center),
      path_(split_path(center.options.header_path)),
      server_header_(center.options.header_prefix + "Server"),
      servers_header_(center.options.header_prefix + "Servers"),
      service_header_(center.options.header_prefix + "Service") {
}

std::optional<Response> HeaderFace::handle(const Request& request, TimePoint now) {
    if (request.path != path_) return std::nullopt;
    if (request.method == "GET") return list(request, now);
    if (request.method == "POST") return announce(request, now);
    if (request.method == "DELETE") return withdraw(request, now);
    return method_not_allowed(request, "GET, HEAD, POST, DELETE");
}

Response HeaderFace::list(const Request& request, TimePoint now) {
    if (center_.warming_up(now)) {
        // Without a body: some readers take any that parses for a list.
        return Response::empty(503).with_header("Retry-After", "1");
    }
    const ServerList* servers = nullptr;
    std::uint64_t number = center_.store.index();
    if (const auto named = request.header(service_header_); named && !trimmed(*named).empty()) {
        const Result<std::string> service = normalized_service(trimmed(*named));
        if (!service) return bad_request(service.error());
        servers = &center_.servers.of(*service);
        number = center_.store.index(*service);
    } else {
        servers = &center_.servers.all();
    }
    Response response = Response::json(200, servers->body);
    // Readers that take the body may have a limit on headers that a long list exceeds.
    if (!wants_json(request)) response.add_header(servers_header_, servers->header);
    response.add_header("X-Registry-Index", center_.lists.index(number));
    response.add_header("Cache-Control", "no-store");
    response.add_header("Vary", "Accept");
    return response;
}

Response HeaderFace::announce(const Request& request, TimePoint now) {
    const Result<std::string> text = address_text(request, server_header_);
    if (!text) return bad_request(text.error());
    const std::string_view named = trimmed(request.header(service_header_).value_or(""));
    Result<std::string> service = normalized_service(named.empty() ? kDefaultService : named);
    if (!service) return bad_request(service.error());
    // The protocol knows no processes: whoever says the text renews it.
    if (center_.renew(*service, *text, "", now).outcome == LeaseStore::BeatOutcome::renewed) {
        return Response::empty(200);
    }
    Result<Instance> instance = instance_of(*text, *std::move(service));
    if (!instance) return bad_request(instance.error());
    if (const Result<void> ok = validate(*instance, center_.limits); !ok) {
        return bad_request(ok.error());
    }
    if (center_.put(*std::move(instance), now).record == nullptr) {
        return Response::text(503, "the registry holds as many instances as it may")
            .with_header("Retry-After", "5");
    }
    return Response::empty(200);
}

Response HeaderFace::withdraw(const Request& request, TimePoint now) {
    const Result<std::string> text = address_text(request, server_header_);
    if (!text) return bad_request(text.error());
    const std::string_view named = trimmed(request.header(service_header_).value_or(""));
    const Result<std::string> service = normalized_service(named.empty() ? kDefaultService : named);
    if (!service) return bad_request(service.error());
    center_.store.remove(*service, *text, "", now);
    return Response::empty(200);
}

}  // namespace rollcall::registry
