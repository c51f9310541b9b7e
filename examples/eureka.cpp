// Eureka: a server that registers with an Eureka server, and a client that finds it there, beside
// applications that are no servers of ours. rollcall-registry speaks Eureka's protocol too, so one
// runs in this program; Netflix's and Spring's are used in the same way.
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/registry/registry_server.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "lesson.h"

#include <chrono>
#include <string>
#include <vector>

using namespace rollcall;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;

    registry::RegistryServer center{{.listen = Endpoint{"127.0.0.1", 0}}};
    center.start();
    // The URL is the whole difference. Yours may be "eureka+http://user:password@host:8761/eureka".
    const std::string url = "eureka+" + center.url() + "/eureka";

    rpc::Server server;
    server.handle(calculator::add, [](int a, int b) { return a + b; });
    server.start();
    registry::Registrar registrar{
        url, {.service = "calculator", .server = server.endpoint(), .version = "2.1", .ttl = 15s}};

    discovery::RegistryDiscovery found{url, "calculator", {.refresh = 200ms}};
    discovery::ServiceClient calculators{found};
    const Result<int> sum = calculators.call(calculator::add(1, 2));
    lesson.show(sum.has_value() && *sum == 3, "add(1, 2) is 3, found by way of Eureka");

    // What Eureka has no place for is in its metadata, and comes back as it was.
    const std::vector<registry::Instance> instances = found.get_all().value();
    for (const registry::Instance& instance : instances) {
        lesson.show(instance.scheme == "tcp", instance.id + " is marked as one of ours");
        lesson.show(instance.version == "2.1", "its version is " + instance.version);
    }

    // Eureka cannot be waited on: clients hear of it when they ask next, here within 200 ms.
    registrar.set_status(registry::Status::draining);
    const Result<void> told = registrar.wait_registered(Deadline::in(5s));
    lesson.show(told.has_value(), "Eureka knows that the server drains");
    const Result<void> read = found.refresh();
    const Result<registry::Instance> chosen = found.get(discovery::SelectMode::random);
    lesson.show(read.has_value() && !chosen, "and no client chooses it any more");
    return lesson.exit_status();
}
