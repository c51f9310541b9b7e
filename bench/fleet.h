#pragma once
// Many servers in one process, and what calls to them need.

#include <rollcall/base/endpoint.h>
#include <rollcall/rpc/method.h>

#include "server_process.h"

#include <cstdint>
#include <vector>

namespace rollcall::bench {

inline constexpr rpc::Method<std::string(std::string)> kEcho{"echo", rpc::idempotent};
inline constexpr rpc::Method<int(int, int)> kAdd{"add", rpc::idempotent};

// A process of its own, with one I/O thread for all its servers, so that calls to one of them and
// to many find the same processor. Each has echo and add.
class Fleet {
public:
    // Before anything else has started threads.
    explicit Fleet(std::size_t servers);

    [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return endpoints_; }

private:
    ServerProcess process_;
    std::vector<Endpoint> endpoints_;
};

[[nodiscard]] double median_of(std::vector<double> values);

}  // namespace rollcall::bench
