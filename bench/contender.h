#pragma once
// Who is measured: a server, and a load on it.

#include <rollcall/base/endpoint.h>

#include "measurement.h"
#include "workload.h"

#include <functional>
#include <string_view>

namespace rollcall::bench {

// Serves until the process is killed; tells its port once it listens.
using Listening = std::function<void(std::uint16_t port)>;

// The floor: hand-written Asio that sends back what it reads, without looking at it.
void serve_asio(const Listening& listening);
void load_asio(const Endpoint& server, const Workload& workload, Measurement& measurement);

// Rollcall with all its limits and checks on.
void serve_rollcall(const Listening& listening);
// `coroutines`: each call in flight is a coroutine that awaits it; otherwise a callback.
void load_rollcall(
    const Endpoint& server, const Workload& workload, Measurement& measurement, bool coroutines
);

}  // namespace rollcall::bench
