// 04: coroutines on both sides. A handler that awaits does not hold up its thread, and a client can
// have a thousand calls under way without a thousand threads.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <string>
#include <vector>

namespace rpc = rollcall::rpc;
using rollcall::Result;
using namespace std::chrono_literals;

namespace {

// A handler that is a coroutine. It owns its arguments: take std::string, not std::string_view.
asio::awaitable<std::string> greet_slowly(std::string who) {
    asio::steady_timer timer{co_await asio::this_coro::executor, 100ms};
    co_await timer.async_wait(asio::use_awaitable);
    co_return "hello " + who;
}

struct Letter {
    std::string to;
    std::string text;
    MSGPACK_DEFINE(to, text)
};

// g++ 12 destroys some temporaries of a co_await expression twice: aggregates with owning members,
// written there. A named variable on the line above is safe with every compiler, and so are
// Rollcall's own invocations with .within(...) and the like, which are classes with constructors.
asio::awaitable<std::string> ask(rpc::Client& client) {
    const Letter letter{"you", "a letter that is too long to be kept inside of a string object"};
    const Result<std::string> receipt =
        co_await client.async_call(rpc::invoke<std::string>("post", letter).within(5s));
    // Fatal with g++ 12: async_call(rpc::invoke<std::string>("post", Letter of two strings))

    const Result<std::string> greeting =
        co_await client.async_call(rpc::invoke<std::string>("greet", "you"));
    co_return receipt.value() + ", " + greeting.value();
}

}  // namespace

int main() {
    lesson::Lesson lesson;

    rpc::Server server;
    server.handle("greet", greet_slowly);
    server.handle("post", [](const Letter& letter) { return "a letter to " + letter.to; });
    server.start();
    rpc::Client client{server.endpoint()};

    // On a loop of one's own. (client.async_call without a token is awaitable anywhere.)
    asio::io_context loop;
    std::future<std::string> asked = asio::co_spawn(loop, ask(client), asio::use_future);
    loop.run();
    const std::string answer = asked.get();
    lesson.show(answer == "a letter to you, hello you", answer);

    // A thousand at once: the server's one thread waits for all of them at the same time.
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::future<Result<std::string>>> calls;
    for (int i = 0; i < 1000; ++i) {
        calls.push_back(
            client.async_call(rpc::invoke<std::string>("greet", "crowd"), asio::use_future)
        );
    }
    int greeted = 0;
    for (auto& call : calls)
        greeted += call.get().has_value() ? 1 : 0;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start
    );
    lesson.show(
        greeted == 1000,
        "a thousand calls of 100 ms each took " + std::to_string(took.count()) + " ms together"
    );
    return lesson.exit_status();
}
