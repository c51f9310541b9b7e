#include "rollcall_server.h"

#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace rollcall::bench {
namespace {

asio::awaitable<std::string> echo_later(std::string text) {
    co_return text;
}

}  // namespace

void serve_rollcall(rpc::ServerOptions options, Handlers handlers, const Listening& listening) {
    rpc::Server server{std::move(options)};
    if (handlers == Handlers::coroutines) {
        server.handle("echo", echo_later);
    } else {
        server.handle("echo", [](std::string_view text) { return text; });
    }
    server.start();
    listening(server.endpoint().port());
    for (;;)
        ::pause();
}

}  // namespace rollcall::bench
