// 02: a contract. calculator.h names each method once, with its signature; server and client both
// use it, so that a handler or a call that does not fit is an error of the compiler.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "calculator.h"
#include "lesson.h"

#include <chrono>
#include <string>

namespace rpc = rollcall::rpc;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;

    rpc::Server server;
    server.handle(calculator::add, [](int a, int b) { return a + b; });
    // server.handle(calculator::add, [](std::string) { return 1; });  does not compile
    server.start();

    rpc::Client client{server.endpoint()};
    const int sum = client.call(calculator::add(1, 2)).value();
    lesson.show(sum == 3, "add(1, 2) is " + std::to_string(sum));
    // client.call(calculator::add("one", 2));  does not compile

    // An invocation is a value, already packed: it can be kept, copied and called again. What
    // belongs to one call sits on it.
    const auto hurried = calculator::add(20, 22).within(500ms);
    lesson.show(client.call(hurried).value() == 42, "add(20, 22) within half a second is 42");
    lesson.show(client.call(hurried).value() == 42, "and once more");
    lesson.show(hurried.is_idempotent(), "the contract says that add may be repeated");

    // Every server can list its methods; `rollcall methods HOST:PORT` asks for this.
    using Row = std::tuple<std::string, std::string, bool>;
    const auto rows = client.call(rpc::invoke<std::vector<Row>>("$/methods")).value();
    for (const auto& [name, signature, idempotent] : rows)
        lesson.show(name == "add", name + " is " + signature);
    return lesson.exit_status();
}
