#pragma once
// Loads made of clients that call and wait.

#include "contender.h"

namespace rollcall::bench {

// workload.in_flight threads, each of which calls again when it has its reply: through one client
// if the contender's can be shared, else through one each.
void call_from_threads(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
);

// workload.connections threads, each of which connects, calls once and closes, again and again. The
// latency is that from before connecting to the reply; closing counts in calls per second only.
void connect_again_and_again(
    const Contender& contender,
    const Endpoint& server,
    const Workload& workload,
    Measurement& measurement
);

}  // namespace rollcall::bench
