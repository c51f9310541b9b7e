// What somebody else's first server with an admin listener is. Ends with 0 if headers, libraries
// and flags of the package fit together.

#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/client_metrics.h>
#include <rollcall/rpc/server.h>

#include <cstdio>
#include <memory>

namespace rpc = rollcall::rpc;

int main() {
    rpc::Server server;
    server.handle("add", [](int a, int b) { return a + b; });
    server.start();
    const auto calls = std::make_shared<rpc::CallMetrics>();
    const rollcall::inspect::Inspector inspector{server, {.client_metrics = calls}};

    rpc::Client client{server.endpoint()};
    client.use(rpc::client_metrics(calls));
    const auto sum = client.call(rpc::invoke<int>("add", 1, 2));
    if (!sum || calls->read().empty()) {
        std::fprintf(stderr, "the call was not made, or not counted\n");
        return 1;
    }
    std::printf("1 + 2 = %d, to be looked at on %s\n", *sum, inspector.url().c_str());
    return *sum == 3 ? 0 : 1;
}
