// 03: errors. A call ends with a value or an Error that says what happened, where, and whether the
// server may have executed the request. No error ends a server.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <chrono>
#include <stdexcept>
#include <string>

namespace rpc = rollcall::rpc;
using rollcall::Errc;
using rollcall::Error;
using rollcall::Result;
using rollcall::Sent;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;

    rpc::Server server;
    server.handle("divide", [](int a, int b) -> Result<int> {
        if (b == 0) return Error{Errc::remote_error, "division by zero"};
        return a / b;
    });
    server.handle("explode", []() -> int { throw std::runtime_error{"something broke"}; });
    server.start();
    rpc::Client client{server.endpoint()};

    const Result<int> refused = client.call(rpc::invoke<int>("divide", 1, 0));
    lesson.show(!refused, refused.error().to_string());

    const Result<int> thrown = client.call(rpc::invoke<int>("explode"));
    lesson.show(thrown.error().code() == Errc::handler_failed, thrown.error().to_string());

    const Result<int> misspelt = client.call(rpc::invoke<int>("divid", 1, 2));
    lesson.show(misspelt.error().code() == Errc::method_not_found, misspelt.error().to_string());

    const Result<int> mistyped = client.call(rpc::invoke<int>("divide", 1, "two"));
    lesson.show(mistyped.error().code() == Errc::invalid_arguments, mistyped.error().to_string());

    // For those who prefer exceptions: value() throws a CallError with the same sentence.
    try {
        static_cast<void>(client.call(rpc::invoke<int>("divide", 1, 0)).value());
        lesson.show(false, "value() throws");
    } catch (const rollcall::CallError& error) {
        lesson.show(true, std::string{"thrown: "} + error.what());
    }

    // not_sent: the server has certainly not executed it, so it may be repeated, whatever it is.
    server.stop();
    const Result<int> nobody = client.call(rpc::invoke<int>("divide", 4, 2).within(300ms));
    lesson.show(!nobody && nobody.error().sent() == Sent::not_sent, nobody.error().to_string());
    return lesson.exit_status();
}
