#pragma once
// What threads do that call and wait, and clients that come and go.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>

#include "guests.h"
#include "site.h"
#include "workers.h"

#include <cstdint>

namespace rollcall::soak {

class BlockingTraffic {
public:
    // All but the workers' executor belongs to the caller, and outlives this.
    BlockingTraffic(
        const Addresses& addresses,
        rpc::Client& client,
        discovery::ServiceClient& service,
        const discovery::Discovery& encrypted,
        const rpc::IoThreads& io
    );

    // A call, a call of the service, a broadcast or a stream, by the number.
    void start_blocking(std::uint64_t number, const Ticket& ticket);

    // A client of one server, one with a thread of its own, an encrypted one of the service, or one
    // of the service that asks the registry for itself; each calls once.
    void start_newcomer(std::uint64_t number, const Ticket& ticket);

    void start_guest(const Ticket& ticket);

private:
    const Addresses& addresses_;
    rpc::Client& client_;
    discovery::ServiceClient& service_;
    const discovery::Discovery& encrypted_;
    const rpc::IoThreads& io_;
    Guests guests_;
    Workers workers_;  // the last: they use the others
};

}  // namespace rollcall::soak
