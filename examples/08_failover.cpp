// 08: failover. When a server dies, calls go on at the others. What certainly was not executed is
// sent to another server; what may have been executed only if the method is idempotent.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "lesson.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace rollcall;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<rpc::Server> start_server(int number) {
    auto server = std::make_unique<rpc::Server>();
    server->handle(calculator::whoami, [number] { return "server " + std::to_string(number); });
    server->start();
    return server;
}

}  // namespace

int main() {
    lesson::Lesson lesson;
    auto first = start_server(1);
    auto second = start_server(2);

    // A list given by hand; with a registry this would be a RegistryDiscovery (07).
    discovery::MultiServersDiscovery servers{{first->endpoint(), second->endpoint()}};
    discovery::ServiceClient client{servers, {.select = discovery::SelectMode::round_robin}};

    std::map<std::string, int> answers;
    for (int i = 0; i < 10; ++i)
        ++answers[client.call(calculator::whoami()).value()];
    lesson.show(answers["server 1"] == 5 && answers["server 2"] == 5, "ten calls, five for each");

    // The list still has both, as it would for a while after a crash.
    first.reset();
    int failed = 0;
    for (int i = 0; i < 10; ++i) {
        const Result<std::string> who = client.call(calculator::whoami());
        if (!who || *who != "server 2") ++failed;
    }
    lesson.show(failed == 0, "server 1 is gone; ten more calls, all answered by server 2");

    // With nobody left, a call waits for somebody until its deadline, and says what was missing.
    second.reset();
    const Result<std::string> nobody = client.call(calculator::whoami().within(300ms));
    lesson.show(!nobody, nobody ? "somebody answered" : nobody.error().to_string());

    // A new server on the list serves at once.
    auto third = start_server(3);
    servers.update({third->endpoint()});
    lesson.show(client.call(calculator::whoami()).value() == "server 3", "server 3 has come");
    return lesson.exit_status();
}
