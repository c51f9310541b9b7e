#pragma once
// Port: how a process learns which instances a registry lists, whatever protocol that speaks.

#include <rollcall/base/deadline.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/snapshot.h>

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

namespace rollcall::registry {

// What a reader has of a service.
struct KnownList {
    std::string service;
    std::string index;  // of its snapshot, from the same source
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

    // For how many services at a time wait() can be asked. 0: the registry cannot tell, and wait()
    // is not called.
    [[nodiscard]] virtual std::size_t waits_for() const noexcept { return 0; }

    // Returns the new snapshots of those services whose index differs from the one given, as soon
    // as there are any; nothing if there are none by the end of `wait`, which the registry may
    // lengthen a little. `deadline` lies behind that and is for a registry that does not answer.
    // The error `overloaded` says that it has no room for one who waits; it may still be read.
    [[nodiscard]] virtual Result<std::vector<Snapshot>> wait(
        const std::vector<KnownList>& known,
        Duration wait,
        Deadline deadline,
        std::stop_token stop = {}
    );
};

}  // namespace rollcall::registry
