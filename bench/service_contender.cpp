// Rollcall's client of a service: one object, which keeps several connections to the one instance
// there is and uses them in turn.

#include <rollcall/discovery/service_client.h>

#include "contender.h"
#include "rollcall_load.h"
#include "rollcall_server.h"

#include <asio/post.hpp>

#include <memory>
#include <utility>

namespace rollcall::bench {
namespace {

void load(const Endpoint& server, const Workload& workload, Measurement& measurement) {
    const rpc::IoThreads io{1};
    discovery::ServiceClientOptions options;
    options.connections = workload.connections;
    options.client = client_options(Features::defaults);
    options.client.io = io;
    discovery::ServiceClient client{discovery::MultiServersDiscovery{{server}}, std::move(options)};
    client.wait_ready(Deadline::in(std::chrono::seconds{5})).value();
    RollcallLoad load{
        measurement, std::string(workload.payload_bytes, 'x'), Features::defaults, 0, {}};
    load.running = workload.connections * workload.in_flight;
    measurement.begin();
    for (std::size_t i = load.running; i > 0; --i) {
        asio::post(io.executor(), [&client, &load] {
            call_again(client, load, SteadyClock::now());
        });
    }
    load.over.get_future().wait();
}

}  // namespace

Contenders service_contenders() {
    const auto serve = [](const Listening& listening) {
        serve_rollcall(server_options(Features::defaults), Handlers::plain, listening);
    };
    return {{"rollcall-service", serve, load, Traffic::not_one_call_each}};
}

}  // namespace rollcall::bench
