// 06: handlers that block. Handlers run on the connection's I/O thread, which is fast, but whoever
// blocks there holds up everybody else. One that must (files, databases, a library that waits) is
// added with RunOn::pool and runs on the server's pool of threads.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/use_future.hpp>

#include <chrono>
#include <future>
#include <string>
#include <thread>

namespace rpc = rollcall::rpc;
using rollcall::Result;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;

    rpc::Server server{{.pool_threads = 2}};
    server.handle(
        "read_slow_disk",
        [](int block) {
            std::this_thread::sleep_for(300ms);  // stands for a library call that waits
            return "block " + std::to_string(block);
        },
        {.run = rpc::RunOn::pool}
    );
    server.handle("ping", [] { return std::string{"pong"}; });
    server.start();
    rpc::Client client{server.endpoint()};

    auto first = client.async_call(rpc::invoke<std::string>("read_slow_disk", 1), asio::use_future);
    auto second =
        client.async_call(rpc::invoke<std::string>("read_slow_disk", 2), asio::use_future);

    // Same connection, same server, but not held up: replies come in the order they are ready.
    const Result<std::string> pong = client.call(rpc::invoke<std::string>("ping").within(5s));
    const bool still_reading = first.wait_for(0s) == std::future_status::timeout;
    lesson.show(pong.has_value() && still_reading, "pong came while the disk was still being read");

    lesson.show(first.get().value() == "block 1", "then the first block");
    lesson.show(second.get().value() == "block 2", "and the second, read at the same time");
    return lesson.exit_status();
}
