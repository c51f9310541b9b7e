#pragma once
// What an operator asks a registry: who is there, and changes to what is listed.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/http/client.h>
#include <rollcall/registry/access_options.h>
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

// Something that happened to the registry's list.
struct RegistryEvent {
    std::string time;  // RFC 3339, for display
    // registered, changed, drained, undrained, replaced, held, released, left or expired
    std::string kind;
    std::string service;
    std::string id;
    std::string endpoint;  // "host:port"
    std::string status;    // effective
    std::string via;       // the protocol it came by: native, header or eureka
};

struct RegistryEvents {
    std::string index;                  // to go on from
    std::vector<RegistryEvent> events;  // the oldest first
};

// Over the registry's own HTTP API. Every function blocks for at most its deadline. Errors are
// registry_failed (or timed_out) and say which request failed and how.
// Thread safety: any thread; requests wait for each other.
class RegistryAdmin {
public:
    // `url` is "http://host:port[/path]", or with https. Throws std::invalid_argument if it is not,
    // and for a token or file that cannot be used. Dials nothing yet.
    explicit RegistryAdmin(std::string_view url, const AccessOptions& access = AccessOptions());

    [[nodiscard]] Result<std::vector<ServiceSummary>> services(Deadline deadline);

    // All of a service, whatever their status; an unknown service has none.
    [[nodiscard]] Result<std::vector<Instance>> instances(
        std::string_view service, Deadline deadline
    );

    // What has happened after `index`, which is that of the last answer; if nothing has, waits for
    // it up to `wait`, at most a minute, and then answers with none. With an empty index at once
    // the latest ones; so too if the registry does not know the index, as after a restart. The
    // deadline should be later than the wait.
    [[nodiscard]] Result<RegistryEvents> events(
        std::string_view index, Duration wait, Deadline deadline
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
    RegistryAdmin(const http::Url& url, const AccessOptions& access);

    [[nodiscard]] Result<std::string> request(
        std::string_view method, const std::string& path, std::string body, Deadline deadline
    );

    http::Client client_;
};

}  // namespace rollcall::registry
