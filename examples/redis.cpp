// Redis as the registry, where one runs already and another program to run is not wanted. The URL
// of Redis is the argument: redis://127.0.0.1:6379, or
// redis://user:password@host/2?prefix=shop:&ttl=5
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "lesson.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <string>

using namespace rollcall;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
    lesson::Lesson lesson;
    const std::string url = argc > 1 ? argv[1] : "redis://127.0.0.1:6379";

    // Nothing but the URL differs from any other registry.
    rpc::Server server;
    server.handle(calculator::add, [](int a, int b) { return a + b; });
    server.start();
    registry::Registrar registrar{url, {.service = "calculator", .server = server.endpoint()}};
    // One that stays: an empty list is not believed at once.
    registry::Registrar other{
        url, {.service = "calculator", .server = server.endpoint(), .id = "other"}};
    for (const auto* each : {&registrar, &other}) {
        const Result<void> registered = each->wait_registered(Deadline::in(5s));
        if (registered) continue;
        std::printf("%s\n", registered.error().message().c_str());
        return 1;
    }

    discovery::RegistryDiscovery found{url, "calculator"};
    discovery::ServiceClient calculators{found};
    const Result<int> sum = calculators.call(calculator::add(1, 2));
    lesson.show(sum.has_value() && *sum == 3, "add(1, 2) is 3, found in Redis");

    // Redis publishes each change, and clients listen: nobody waits for the next refresh.
    std::promise<void> left;
    std::atomic<bool> is_told = false;
    const discovery::Subscription told = found.on_change([&](const discovery::ListChange& change) {
        if (!change.removed.empty() && !is_told.exchange(true)) left.set_value();
    });
    registrar.stop();
    const bool is_soon = left.get_future().wait_for(5s) == std::future_status::ready;
    lesson.show(is_soon, "a server that leaves is off the list before a refresh (10 s) is due");
    return lesson.exit_status();
}
