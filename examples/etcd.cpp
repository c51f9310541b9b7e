// etcd as the registry: the same two classes with another URL. Needs an etcd v3 that runs:
//
//   etcd --data-dir /tmp/etcd-example &
//   build/release/bin/examples/etcd etcd://127.0.0.1:2379
#include <rollcall/discovery/registry_discovery.h>
#include <rollcall/discovery/service_client.h>
#include <rollcall/registry/registrar.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "lesson.h"

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

using namespace rollcall;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s etcd://HOST:PORT[,HOST:PORT...]\n", argv[0]);
        return 2;
    }
    lesson::Lesson lesson;
    const std::string url = argv[1];

    // The server's side. Its key is services/calculator/127.0.0.1:PORT, and lives as long as a
    // lease of 5 s that is renewed three times as often.
    rpc::Server server;
    server.handle(calculator::add, [](int a, int b) { return a + b; });
    server.start();
    registry::Registrar registrar{
        url + "?ttl=5", {.service = "calculator", .server = server.endpoint()}};
    const Result<void> registered = registrar.wait_registered(Deadline::in(5s));
    lesson.show(registered.has_value(), "etcd has the key of " + server.endpoint().to_string());

    // The client's side: it reads services/calculator/ and watches it from there on.
    discovery::RegistryDiscovery found{url, "calculator"};
    discovery::ServiceClient calculators{found};
    const Result<int> sum = calculators.call(calculator::add(1, 2));
    lesson.show(sum.has_value() && *sum == 3, "add(1, 2) is 3");

    // A second server is heard of at once: nobody polls.
    const TimePoint begun = SteadyClock::now();
    rpc::Server another;
    another.handle(calculator::add, [](int a, int b) { return a + b; });
    another.start();
    registry::Registrar second{url, {.service = "calculator", .server = another.endpoint()}};
    while (found.get_all().value().size() < 2 && SteadyClock::now() - begun < 5s)
        std::this_thread::sleep_for(1ms);
    lesson.show(found.get_all().value().size() == 2, "the watch tells of the second server");

    // Who leaves on purpose gives the lease back, and the keys go with it.
    second.stop();
    registrar.stop();
    lesson.show(found.refresh().has_value(), "the list can be asked for as well");
    lesson.show(found.get_all().value().empty(), "both have left");
    return lesson.exit_status();
}
