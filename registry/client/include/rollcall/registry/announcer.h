#pragma once
// Port: how a process keeps its instances listed in a registry, whatever protocol that speaks.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::registry {

// What a registry answers to an announcement or a renewal. Instances are named "service/id".
struct Lease {
    // When to renew: always positive; the registry says, or the adapter knows its protocol.
    std::chrono::milliseconds interval{5000};
    std::vector<std::string> missing;   // not listed (any more): announce again
    std::vector<std::string> replaced;  // a newer process has the id: stop
};

// "service/id", the service in lower case: how a Lease names an instance.
[[nodiscard]] std::string lease_name(const Instance& instance);

// Every function but the constructor blocks for at most its deadline, and ends early, with
// Errc::cancelled, when `stop` is requested from any thread. One thread at a time. An error says
// which registry failed and how; it never ends the use of the object: the next call dials anew.
class Announcer {
public:
    Announcer() = default;
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;
    virtual ~Announcer() = default;

    // Makes `instances` listed, also those that are already (with their new status, weight, ...).
    // This is the set that renew() and withdraw() speak of from now on, even after an error.
    // Calling it again is always right.
    [[nodiscard]] virtual Result<Lease> announce(
        const std::vector<Instance>& instances, Deadline deadline, std::stop_token stop = {}
    ) = 0;

    // Renews the leases of the announced set. Cheap; nothing is re-registered here.
    [[nodiscard]] virtual Result<Lease> renew(Deadline deadline, std::stop_token stop = {}) = 0;

    // Takes the announced set off the list. Success also if it was not listed, and if the
    // registry's protocol knows no such request (the leases then run out).
    [[nodiscard]] virtual Result<void> withdraw(Deadline deadline, std::stop_token stop = {}) = 0;

    // The address of this machine that its connection to the registry leaves from, an IP literal:
    // what a server that listens on a wildcard is reachable at. Dials if there is no connection.
    [[nodiscard]] virtual Result<std::string> local_address(
        Deadline deadline, std::stop_token stop = {}
    ) = 0;
};

}  // namespace rollcall::registry
