#include "advertised.h"

#include <rollcall/base/log.h>
#include <rollcall/base/random.h>
#include <rollcall/registry/validation.h>

#include <string_view>

namespace rollcall::registry {
namespace {

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

// "host:port", "[v6]:port", "host", "[v6]" or "v6", the latter three with the server's port.
Result<Endpoint> parse_advertised(const std::string& text, std::uint16_t port) {
    if (auto endpoint = Endpoint::parse(text); endpoint || text.starts_with("unix:/"))
        return endpoint;
    const std::string suffix = ":" + std::to_string(port);
    std::string bracketed = "[";
    bracketed.append(text).append("]").append(suffix);
    for (const std::string& whole : {text + suffix, bracketed}) {
        if (auto endpoint = Endpoint::parse(whole)) {
            if (port != 0) return endpoint;
            return invalid(
                "advertised address '" + printable(text) +
                "' names no port and the server has none yet; start it before its registrar"
            );
        }
    }
    return invalid("advertised address '" + printable(text) + "' is not host or host:port");
}

}  // namespace

Result<std::optional<Endpoint>> advertised_endpoint(const RegistrarOptions& options) {
    if (!options.advertise.empty()) {
        auto endpoint = parse_advertised(options.advertise, options.server.port());
        if (!endpoint) return endpoint.error();
        if (endpoint->is_wildcard() || (endpoint->port() == 0 && !endpoint->is_unix())) {
            return invalid(
                "advertised address '" + endpoint->to_string() +
                "' cannot be dialled; name the host and port that clients reach this server at"
            );
        }
        return std::optional<Endpoint>{std::move(*endpoint)};
    }
    const bool has_port = options.server.port() != 0 || options.server.is_unix();
    if (options.server.host().empty() || !has_port) {
        return invalid(
            "neither .server nor .advertise names a host and a port; start the server before its "
            "registrar and give it as .server"
        );
    }
    if (options.server.is_wildcard()) return std::optional<Endpoint>{};
    return std::optional<Endpoint>{Endpoint{options.server.host(), options.server.port()}};
}

Result<Endpoint> endpoint_seen_from(const Endpoint& listening, const std::string& local_address) {
    Endpoint seen{local_address, listening.port()};
    if (listening.is_ipv4() && !seen.is_ipv4()) {
        return invalid(
            "the registry is reached from " + local_address +
            ", but the server listens on IPv4 "
            "only (" +
            listening.to_string() + "); give .advertise"
        );
    }
    return seen;
}

Result<Instance> instance_of(const RegistrarOptions& options) {
    auto service = normalized_service(options.service);
    if (!service) return service.error();
    Instance instance;
    instance.service = std::move(*service);
    instance.id = options.id;
    instance.version = options.version;
    instance.zone = options.zone;
    instance.weight = options.weight;
    instance.tags = options.tags;
    instance.meta = options.meta;
    instance.ttl = options.ttl;
    instance.incarnation = random_nonce();

    Instance placed = instance;
    place(placed, Endpoint{"127.0.0.1", 1});
    if (auto valid = validate(placed, kAnyLease); !valid) return valid.error();
    return instance;
}

void place(Instance& instance, const Endpoint& endpoint) {
    instance.address = endpoint.host();
    instance.port = endpoint.port();
    if (instance.id.empty()) instance.id = endpoint.to_string();
}

}  // namespace rollcall::registry
