#include "fleet.h"

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

namespace rollcall::bench {
namespace {

using Ports = std::vector<std::uint16_t>;

constexpr rpc::Method<Ports()> kPorts{"ports"};

void serve(std::size_t count, const Listening& listening) {
    rpc::ServerOptions options;
    options.io = rpc::IoThreads{1};
    std::vector<std::unique_ptr<rpc::Server>> servers;
    Ports ports;
    for (std::size_t i = 0; i < count; ++i) {
        rpc::Server& server = *servers.emplace_back(std::make_unique<rpc::Server>(options));
        server.handle("echo", [](std::string_view text) { return text; });
        server.handle("add", [](int a, int b) { return a + b; });
        server.handle(kPorts, [&ports] { return ports; });
        server.start();
        ports.push_back(server.endpoint().port());
    }
    listening(ports.front());  // nobody has asked for them before
    for (;;)
        ::pause();
}

}  // namespace

Fleet::Fleet(std::size_t servers)
    : process_([servers](const Listening& listening) { serve(servers, listening); }, 0) {
    pin_to(1);
    rpc::Client client{process_.endpoint()};
    const Ports ports = client.call(kPorts()).value();
    for (const std::uint16_t port : ports)
        endpoints_.emplace_back("127.0.0.1", port);
}

double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    if (values.size() % 2 == 1) return values[middle];
    return (values[middle - 1] + values[middle]) / 2;
}

}  // namespace rollcall::bench
