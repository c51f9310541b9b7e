#pragma once
// Port: how a process learns which instances a registry lists, whatever protocol that speaks.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/snapshot.h>

#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::registry {

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
};

}  // namespace rollcall::registry
