#pragma once
// What a process announces about itself.

#include <rollcall/registry/registrar.h>

#include <optional>
#include <string>

namespace rollcall::registry {

// The endpoint that clients shall dial, or none if only the connection to the registry can tell
// its host. An error names what is missing or wrong.
[[nodiscard]] Result<std::optional<Endpoint>> advertised_endpoint(const RegistrarOptions& options);

// The endpoint for a server on a wildcard, given the local address of that connection. An error
// if the server does not listen on that address family.
[[nodiscard]] Result<Endpoint> endpoint_seen_from(
    const Endpoint& listening, const std::string& local_address
);

// The instance without address and port, checked as far as that goes.
[[nodiscard]] Result<Instance> instance_of(const RegistrarOptions& options);

// Completes address, port and, unless it was given, the id.
void place(Instance& instance, const Endpoint& endpoint);

}  // namespace rollcall::registry
