#pragma once
// What an operator asks a registry: who is there, and changes to what is listed.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/http/client.h>
#include <rollcall/registry/instance.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// One service in the registry's list of services.
struct ServiceSummary {
    std::string name;
    std::size_t up = 0;     // instances that take calls
    std::size_t total = 0;  // all of them
};

// Over the registry's own HTTP API. Every function blocks for at most its deadline. Errors are
// registry_failed (or timed_out) and say which request failed and how.
// Thread safety: any thread; requests wait for each other.
class RegistryAdmin {
public:
    // `url` is "http://host:port[/path]". Throws std::invalid_argument if it is not. Dials nothing
    // yet.
    explicit RegistryAdmin(std::string_view url);

    [[nodiscard]] Result<std::vector<ServiceSummary>> services(Deadline deadline);

    // All of a service, whatever their status; an unknown service has none.
    [[nodiscard]] Result<std::vector<Instance>> instances(
        std::string_view service, Deadline deadline
    );

    // The registry about itself: a JSON object.
    [[nodiscard]] Result<std::string> status(Deadline deadline);

    // Lists the instance with this status, whatever it says itself: Status::draining before it is
    // stopped. Nothing: with its own status again. The instance as it is listed now; an unknown
    // one is an error.
    [[nodiscard]] Result<Instance> set_override(
        std::string_view service,
        std::string_view id,
        std::optional<Status> status,
        Deadline deadline
    );

    // Takes the instance off the list; one that is alive registers again at its next heartbeat.
    // An unknown one is an error.
    [[nodiscard]] Result<void> remove(
        std::string_view service, std::string_view id, Deadline deadline
    );

private:
    [[nodiscard]] Result<std::string> request(
        std::string_view method, const std::string& path, std::string body, Deadline deadline
    );

    http::Client client_;
};

}  // namespace rollcall::registry
