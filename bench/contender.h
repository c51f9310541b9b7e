#pragma once
// Who is measured: a server, and a load on it.

#include <rollcall/base/endpoint.h>

#include "caller.h"
#include "measurement.h"
#include "workload.h"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace rollcall::bench {

// Serves until the process is killed; tells its port once it listens.
using Listening = std::function<void(std::uint16_t port)>;

// Which pipelined workloads a contender can do.
enum class Traffic {
    any,
    one_call_at_a_time,  // one connection, one call in flight
    one_call_each,       // one call in flight on each connection
    not_one_call_each,   // what it asks for at once shares connections, of which it may have many
};

// What threads that call and wait use.
enum class Threads {
    none,  // is not measured, or cannot
    share_a_client,
    have_one_each,
};

struct Contender {
    std::string_view name;
    std::function<void(const Listening&)> serve;
    // Connects, tells the measurement to begin and calls until it is over.
    std::function<void(const Endpoint&, const Workload&, Measurement&)> load;
    Traffic traffic = Traffic::any;
    Connect connect = {};  // for the other patterns
    Threads threads = Threads::none;
    bool connections = false;  // whether making and keeping them is measured
    bool encrypted = false;    // uses tls_files()
    // Server and load may use all processors; compares with its like only, and is measured when it
    // is named.
    bool unpinned = false;

    [[nodiscard]] bool can_do(const Workload& workload) const {
        if (workload.pattern == Pattern::threads) return threads != Threads::none;
        if (workload.pattern == Pattern::newcomers) return connections;
        if (traffic == Traffic::any) return true;
        if (traffic == Traffic::not_one_call_each)
            return workload.in_flight > 1 || workload.connections == 1;
        if (workload.in_flight > 1) return false;
        return traffic == Traffic::one_call_each || workload.connections == 1;
    }
};

using Contenders = std::vector<Contender>;

// All that this build has, the floor first.
[[nodiscard]] Contenders contenders();

// Of one file each.
[[nodiscard]] Contenders epoll_contenders();
[[nodiscard]] Contenders asio_contenders();
[[nodiscard]] Contenders rollcall_contenders();
[[nodiscard]] Contenders service_contenders();
// Only if they were installed when this was built.
[[nodiscard]] Contenders grpc_contenders();
[[nodiscard]] Contenders capnp_contenders();
[[nodiscard]] Contenders thrift_contenders();

}  // namespace rollcall::bench
