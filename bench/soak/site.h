#pragma once
// The processes that the load calls: a registry and three servers, each with a plain port and an
// encrypted one.

#include <rollcall/base/endpoint.h>
#include <rollcall/rpc/middleware.h>

#include "server_process.h"
#include "support/certificates.h"
#include "verdict.h"

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rollcall::soak {

// What the load has to know.
struct Addresses {
    std::string registry_url;
    std::vector<Endpoint> servers;  // the plain ports
    std::string ca_file;
};

inline constexpr std::size_t kServers = 3;

// Request ids and traces, of which one in a hundred is sampled.
[[nodiscard]] rpc::Middlewares layers();

class Site {
public:
    // Before anything has started threads. Returns when all servers are registered; throws if one
    // does not start. The certificates are good for `lifetime` and an hour more.
    explicit Site(Duration lifetime);

    [[nodiscard]] const Addresses& addresses() const { return addresses_; }

    struct Member {
        std::string name;
        pid_t process;
    };

    [[nodiscard]] std::vector<Member> members() const;

private:
    tests::Authority authority_;
    std::unique_ptr<bench::ServerProcess> registry_;
    std::vector<std::unique_ptr<bench::ServerProcess>> servers_;
    Addresses addresses_;
};

}  // namespace rollcall::soak
