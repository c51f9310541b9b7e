// 01: a server with one method, and a client that calls it. Here both are in one program; in yours
// they are two, and `listen` is an address that others can reach.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <string>

namespace rpc = rollcall::rpc;

int main() {
    lesson::Lesson lesson;

    rpc::Server server{{.listen = "127.0.0.1:0"}};  // port 0: any free one
    server.handle("greet", [](const std::string& who) { return "hello " + who; });
    server.start();  // returns at once; the server has threads of its own

    rpc::Client client{server.endpoint()};  // connects when it is first needed
    const rollcall::Result<std::string> greeting =
        client.call(rpc::invoke<std::string>("greet", "world"));
    lesson.show(greeting.has_value(), "the call succeeded");
    lesson.show(greeting.value() == "hello world", "the server says: " + greeting.value());

    // One-way: nobody waits for an answer, and nobody learns whether it arrived.
    client.notify(rpc::invoke<void>("greet", "anybody"));
    return lesson.exit_status();
}
