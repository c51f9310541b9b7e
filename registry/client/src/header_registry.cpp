#include <rollcall/base/log.h>
#include <rollcall/registry/header_registry.h>

#include "answer.h"
#include "header_address.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

std::string request_name(std::string_view method, const http::Client& client) {
    std::string name{method};
    name += " " + client.url().to_string();
    return name;
}

http::HeaderList naming(const HeaderProtocol& protocol, const Instance& instance) {
    http::HeaderList headers{{protocol.prefix + "Server", header_address_of(instance)}};
    if (!instance.service.empty()) {
        headers.emplace_back(protocol.prefix + "Service", instance.service);
    }
    return headers;
}

bool is_listed(const Instance& instance) {
    return instance.effective_status() == Status::up;
}

// {"servers": ["tcp@127.0.0.1:9000", ...]}; none if the body is something else.
std::optional<std::vector<std::string>> servers_in_body(const std::string& body) {
    const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return std::nullopt;
    const auto list = json.find("servers");
    if (list == json.end() || !list->is_array()) return std::nullopt;
    std::vector<std::string> servers;
    for (const auto& entry : *list) {
        if (entry.is_string()) servers.push_back(entry.get<std::string>());
    }
    return servers;
}

Result<std::vector<std::string>> servers_in(
    const Answer& answer, const HeaderProtocol& protocol, const std::string& request
) {
    if (auto servers = servers_in_body(answer.body())) return std::move(*servers);
    if (const auto list = answer.header(protocol.prefix + "Servers")) return split_servers(*list);
    // Any web server answers 200 to something: no list is not an empty list.
    return Error{
        Errc::registry_failed,
        request + ": the answer has neither a header " + protocol.prefix +
            "Servers nor a list in its body; this is not a registry of the header protocol, or its "
            "prefix or path is another"};
}

}  // namespace

HeaderAnnouncer::HeaderAnnouncer(
    http::Url base, HeaderProtocol protocol, const http::ClientOptions& options
)
    : client_(std::move(base), options), protocol_(std::move(protocol)) {
}

Result<Lease> HeaderAnnouncer::announce(
    const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop
) {
    announced_ = instances;
    for (const Instance& instance : announced_) {
        auto done =
            is_listed(instance) ? post(instance, deadline, stop) : remove(instance, deadline, stop);
        if (!done) return done.error();
    }
    return lease();
}

Result<Lease> HeaderAnnouncer::renew(Deadline deadline, std::stop_token stop) {
    for (const Instance& instance : announced_) {
        if (!is_listed(instance)) continue;
        if (auto done = post(instance, deadline, stop); !done) return done.error();
    }
    return lease();
}

Result<void> HeaderAnnouncer::withdraw(Deadline deadline, std::stop_token stop) {
    for (const Instance& instance : announced_) {
        if (auto done = remove(instance, deadline, stop); !done) return done;
    }
    return {};
}

Result<std::string> HeaderAnnouncer::local_address(Deadline deadline, std::stop_token stop) {
    auto address = client_.local_address(deadline, stop);
    if (!address) return unreachable(address.error());
    return address;
}

Result<void> HeaderAnnouncer::post(
    const Instance& instance, Deadline deadline, const std::stop_token& stop
) {
    auto answer = client_.request("POST", "", naming(protocol_, instance), "", deadline, stop);
    if (!answer) return unreachable(answer.error());
    if (!answer->ok()) return refused(request_name("POST", client_), *answer);
    return {};
}

Result<void> HeaderAnnouncer::remove(
    const Instance& instance, Deadline deadline, const std::stop_token& stop
) {
    auto answer = client_.request("DELETE", "", naming(protocol_, instance), "", deadline, stop);
    if (!answer) return unreachable(answer.error());
    const int status = answer->status();
    // The original protocol has no DELETE.
    const bool unknown_method = status == 405 || status == 404 || status == 501;
    if (!answer->ok() && !unknown_method) return refused(request_name("DELETE", client_), *answer);
    return {};
}

Lease HeaderAnnouncer::lease() const {
    Lease lease;
    lease.interval = interval_for(protocol_.ttl);
    for (const Instance& instance : announced_) {
        if (instance.ttl.count() <= 0) continue;
        lease.interval = std::min(lease.interval, interval_for(instance.ttl));
    }
    return lease;
}

HeaderSource::HeaderSource(
    http::Url base, HeaderProtocol protocol, const http::ClientOptions& options
)
    : client_(std::move(base), options), protocol_(std::move(protocol)) {
}

Result<std::vector<Snapshot>> HeaderSource::read(
    const std::vector<std::string>& services, Deadline deadline, std::stop_token stop
) {
    std::vector<Snapshot> snapshots;
    const std::string request = request_name("GET", client_);
    for (const std::string& service : services) {
        const http::HeaderList headers{
            {"Accept", "application/json"}, {protocol_.prefix + "Service", service}};
        auto answer = client_.request("GET", "", headers, "", deadline, stop);
        if (!answer) return unreachable(answer.error());
        if (!answer->ok()) return refused(request, *answer);
        auto servers = servers_in(*answer, protocol_, request);
        if (!servers) return servers.error();
        Snapshot snapshot;
        snapshot.service = service;
        snapshot.index = answer->header("X-Registry-Index").value_or("");
        snapshot.taken = SteadyClock::now();
        for (const std::string& text : *servers) {
            // One address that cannot be read must not take the others off the list.
            if (auto instance = instance_at(text, service)) {
                snapshot.instances.push_back(std::move(*instance));
            }
        }
        if (!servers->empty() && snapshot.instances.empty()) {
            return Error{
                Errc::registry_failed,
                request + ": none of the " + std::to_string(servers->size()) +
                    " servers that it lists is host:port, such as " +
                    printable(servers->front(), 80)};
        }
        snapshots.push_back(std::move(snapshot));
    }
    return snapshots;
}

}  // namespace rollcall::registry
