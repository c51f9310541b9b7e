#pragma once
// The clients of the load, and what they call.

#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/client.h>

#include "blocking_traffic.h"
#include "ledger.h"
#include "site.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::soak {

// All clients share one I/O thread, which is the ledger's too.
class Traffic {
public:
    // Waits until all are connected; throws CallError if they cannot be.
    Traffic(const Addresses& addresses, rpc::IoThreads io, Ledger& ledger);

    // Starts the call of that number, of the kind that kind_of() says, or a guest if it is time
    // for one. On the I/O thread.
    void start(std::uint64_t number, TimePoint intended);

private:
    using Found = discovery::RegistryDiscovery;

    [[nodiscard]] Kind pick(std::uint64_t number, TimePoint intended);
    void start_quick(std::uint64_t number, const Ticket& ticket);
    void start_large(std::uint64_t number, const Ticket& ticket);
    void start_broadcast(const Ticket& ticket);
    void start_timed_out(rpc::Client& client, const Ticket& ticket);
    void start_cancelled(rpc::Client& client, const Ticket& ticket);

    [[nodiscard]] rpc::Client& client_of(std::uint64_t number) {
        return *clients_[number % clients_.size()];
    }

    const Addresses addresses_;
    const rpc::IoThreads io_;
    Ledger& ledger_;
    std::array<std::string, 5> payloads_;  // 64 KiB to 1 MiB
    std::vector<std::unique_ptr<rpc::Client>> clients_;
    Found found_;
    Found found_encrypted_;
    discovery::ServiceClient service_;
    discovery::ServiceClient encrypted_;
    BlockingTraffic blocking_;
    TimePoint next_guest_{};
};

}  // namespace rollcall::soak
