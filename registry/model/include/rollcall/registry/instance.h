#pragma once
// A registered server process of a service, as both sides of the registry see it.

#include <rollcall/base/endpoint.h>
#include <rollcall/base/result.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

enum class Status {
    up,        // takes calls
    starting,  // not yet
    draining,  // finishes what it has; no new calls
    down,      // alive but unable to work
};

[[nodiscard]] std::string_view name_of(Status status) noexcept;
[[nodiscard]] std::optional<Status> status_from(std::string_view name) noexcept;

// A value. Thread safety: as a std::string.
struct Instance {
    std::string service;  // [A-Za-z0-9._-]{1,64}, case-insensitive, kept in lower case
    std::string id;       // unique within the service; by default "address:port"
    // IP literal or host name, never a wildcard; or "unix:/run/x.sock" for clients on the same
    // machine, without a port.
    std::string address;
    std::uint16_t port = 0;
    std::string scheme = "tcp";
    std::string version;
    std::string zone;
    int weight = 100;
    std::vector<std::string> tags;
    std::map<std::string, std::string> meta;
    Status status = Status::up;
    std::optional<Status> override_status;  // set by an operator; see effective_status()
    std::chrono::milliseconds ttl{0};       // the lease; 0 = the registry's default
    std::string incarnation;     // nonce of the process, made by it; a replaced one never wins
    std::string addr;            // text of the header protocol, verbatim; else empty
    std::string eureka;          // JSON text of what only the Eureka face knows; else empty
    std::string via = "native";  // the face it came in by: native, header, eureka
    bool stale = false;          // listed although its lease ran out (held)

    // What the operator says, else what the process says. Of what came in by Eureka's protocol,
    // whose clients expect it so, no operator can say that it is up while it says that it is not.
    [[nodiscard]] Status effective_status() const {
        const bool refuses = status == Status::down || status == Status::starting;
        return via == "eureka" && refuses ? status : override_status.value_or(status);
    }

    [[nodiscard]] Endpoint endpoint() const { return Endpoint{address, port}; }

    friend bool operator==(const Instance&, const Instance&) = default;
};

}  // namespace rollcall::registry
