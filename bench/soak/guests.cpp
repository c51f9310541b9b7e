#include "guests.h"

#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "contract.h"

#include <chrono>

namespace rollcall::soak {
namespace {

constexpr std::string_view kGuestService = "soak-guests";
constexpr auto kPatience = std::chrono::seconds{5};

discovery::ServiceClientOptions options_of(const rpc::IoThreads& io) {
    discovery::ServiceClientOptions options;
    options.client.io = io;
    return options;
}

}  // namespace

Guests::Guests(const Addresses& addresses, const rpc::IoThreads& io)
    : registry_url_(addresses.registry_url),
      found_(registry_url_, kGuestService),
      client_(found_, options_of(io)) {
}

Result<void> Guests::host_one() {
    rpc::Server server;
    server.handle(kAdd, [](int a, int b) { return a + b; });
    server.start();
    registry::RegistrarOptions options;
    options.service = kGuestService;
    options.server = server.endpoint();
    registry::Registrar registrar{registry_url_, options};
    if (auto listed = registrar.wait_registered(Deadline::in(kPatience)); !listed) return listed;
    const Result<int> sum = client_.call(kAdd(20, 22));
    if (!sum) return sum.error();
    if (*sum != 42) return Error{Errc::invalid_result, "a wrong result"};
    registrar.set_status(registry::Status::draining);
    auto drained = registrar.wait_registered(Deadline::in(kPatience));
    registrar.stop();
    server.stop();
    return drained;
}

}  // namespace rollcall::soak
