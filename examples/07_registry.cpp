// 07: a registry, a server that registers, and a client that finds it. The registry runs in this
// program; yours runs as a process of its own: rollcall-registry.
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
    const std::string url = center.url();  // "http://127.0.0.1:..."

    // The server's side: one more line, and it stays listed until the Registrar goes.
    rpc::Server server;
    server.handle(calculator::add, [](int a, int b) { return a + b; });
    server.start();
    registry::Registrar registrar{url, {.service = "calculator", .server = server.endpoint()}};

    // The client's side: it knows the registry and the name, never an address. Start order does not
    // matter: the call waits until somebody is listed.
    discovery::RegistryDiscovery found{url, "calculator", {.refresh = 200ms}};
    discovery::ServiceClient calculators{found};
    const Result<int> sum = calculators.call(calculator::add(1, 2));
    lesson.show(sum.has_value() && *sum == 3, "add(1, 2) is 3, wherever it runs");

    // Named first: value() of a temporary would be gone before the loop begins.
    const std::vector<registry::Instance> instances = found.get_all().value();
    for (const registry::Instance& instance : instances) {
        const bool is_it = instance.endpoint() == server.endpoint();
        lesson.show(is_it, "the registry lists " + instance.endpoint().to_string());
    }

    // Leaving on purpose takes the instance off the list at once, without waiting for its lease.
    registrar.stop();
    const Result<int> nobody = calculators.call(calculator::add(1, 2).within(100ms));
    lesson.show(registrar.state() == registry::RegistrarState::stopped, "the server has left");
    static_cast<void>(nobody);  // may still have reached it: the list is refreshed every 200 ms
    return lesson.exit_status();
}
