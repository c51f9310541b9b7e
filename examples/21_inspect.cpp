// An admin listener beside a server: health, metrics, a page, and what the server counts itself.
#include <rollcall/inspect/inspector.h>
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

namespace rpc = rollcall::rpc;

int main() {
    lesson::Lesson lesson;
    rpc::Server server;
    server.handle("add", [](int a, int b) { return a + b; });
    server.start();
    // Only this machine reaches it; with a token, others may.
    const rollcall::inspect::Inspector inspector{server, {.listen = "127.0.0.1:0"}};
    lesson.show(true, "a browser, curl and Prometheus look at " + inspector.url());

    rpc::Client client{server.endpoint()};
    const auto sum = client.call(rpc::invoke<int>("add", 1, 2));
    lesson.show(sum.has_value() && *sum == 3, "a call was made");
    const auto methods = server.method_stats();
    lesson.show(
        methods.size() == 1 && methods[0].ok == 1,
        "and counted: " + methods[0].name + " " + methods[0].signature
    );
    lesson.show(server.connections().total == 1, "one client is connected");
    return lesson.exit_status();
}
