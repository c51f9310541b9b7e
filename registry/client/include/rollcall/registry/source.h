#pragma once
// Port: how a process learns which instances a registry lists, whatever protocol that speaks.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/snapshot.h>

#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::registry {

// A service and the index of the snapshot that the caller has of it.
struct Watched {
    std::string service;
    std::string index;
};

enum class WaitOutcome {
    changed,        // at least one of the services: read() again
    unchanged,      // until the deadline
    not_supported,  // this source cannot wait: read() again when a refresh is due
};

// Every function but the constructor blocks for at most its deadline, and ends early, with
// Errc::cancelled, when `stop` is requested from any thread. One thread at a time. An error says
// which registry failed and how; the next call dials anew.
class Source {
public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    // One snapshot per service, in the order asked for; a service without instances has an empty
    // one, which is no error. If one service cannot be read, all of it is an error.
    [[nodiscard]] virtual Result<std::vector<Snapshot>> read(
        const std::vector<std::string>& services, Deadline deadline, std::stop_token stop = {}
    ) = 0;

    // Waits until one of the services differs from what the caller has. The adapters of this
    // version all answer not_supported, at once: their users refresh on time-out.
    [[nodiscard]] virtual Result<WaitOutcome> wait(
        const std::vector<Watched>& services, Deadline deadline, std::stop_token stop = {}
    );
};

}  // namespace rollcall::registry
