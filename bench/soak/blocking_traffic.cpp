#include "blocking_traffic.h"

#include "contract.h"

#include <utility>

namespace rollcall::soak {
namespace {

constexpr std::size_t kThreads = 4;
constexpr int kItems = 50;

Error wrong_result() {
    return Error{Errc::invalid_result, "a wrong result"};
}

template <class Client>
Result<void> add_once(Client& client) {
    const Result<int> sum = client.call(kAdd(20, 22));
    if (!sum) return sum.error();
    if (*sum != 42) return wrong_result();
    return {};
}

Result<void> broadcast_once(discovery::ServiceClient& service) {
    const auto sums = service.broadcast(kAdd(20, 22));
    if (sums.error()) return *sums.error();
    for (const auto& each : sums) {
        if (!each.result) return each.result.error();
    }
    if (sums.size() != kServers) return wrong_result();
    return {};
}

Result<void> count_once(rpc::Client& client) {
    auto numbers = client.open(kCount(kItems));
    int last = 0;
    for (const int number : numbers)
        last = number;
    if (last != kItems) return wrong_result();
    return {};
}

Result<void> call_in_thread_of_its_own(const Endpoint& server) {
    rpc::ClientOptions options;
    options.io = rpc::IoThreads{1};
    rpc::Client client{server, options};
    return add_once(client);
}

}  // namespace

BlockingTraffic::BlockingTraffic(
    const Addresses& addresses,
    rpc::Client& client,
    discovery::ServiceClient& service,
    const discovery::Discovery& encrypted,
    const rpc::IoThreads& io
)
    : addresses_(addresses),
      client_(client),
      service_(service),
      encrypted_(encrypted),
      io_(io),
      guests_(addresses, io),
      workers_(kThreads, io.executor()) {
}

void BlockingTraffic::start_blocking(std::uint64_t number, const Ticket& ticket) {
    workers_.run(ticket, [this, number] {
        switch (number % 4) {
            case 0:
                return add_once(client_);
            case 1:
                return add_once(service_);
            case 2:
                return broadcast_once(service_);
            default:
                return count_once(client_);
        }
    });
}

void BlockingTraffic::start_newcomer(std::uint64_t number, const Ticket& ticket) {
    workers_.run(ticket, [this, number] {
        const Endpoint& server = addresses_.servers[number % addresses_.servers.size()];
        rpc::ClientOptions options;
        options.io = io_;
        discovery::ServiceClientOptions service_options;
        service_options.client.io = io_;
        switch (number % 4) {
            case 0: {
                rpc::Client client{server, options};
                return add_once(client);
            }
            case 1:
                return call_in_thread_of_its_own(server);
            case 2: {
                service_options.client.tls = tls::ClientOptions{addresses_.ca_file};
                discovery::ServiceClient client{encrypted_, service_options};
                return add_once(client);
            }
            default: {
                const discovery::RegistryDiscovery found{addresses_.registry_url, kService};
                discovery::ServiceClient client{found, service_options};
                return add_once(client);
            }
        }
    });
}

void BlockingTraffic::start_guest(const Ticket& ticket) {
    workers_.run(ticket, [this] { return guests_.host_one(); });
}

}  // namespace rollcall::soak
