// One side of calls, whose costs others count; or the other side by hand.
//   cost-subject serve [coroutines]           a server, until it gets SIGTERM
//   cost-subject call PORT DEPTH [CALLS]      a client of it
//   cost-subject call_service PORT DEPTH CALLS [CONNECTIONS]   a service client of it alone
//   cost-subject ask PORT DEPTH CALLS [with_deadline]
//   cost-subject answer DEPTH                 one client, until it leaves
//   cost-subject compiler
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "cost/subject/batch_answerer.h"
#include "cost/subject/batch_caller.h"
#include "cost/subject/call_loop.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace rollcall;
using namespace rollcall::tests;

Endpoint local(std::size_t port) {
    return Endpoint{"127.0.0.1", static_cast<std::uint16_t>(port)};
}

void tell(const Endpoint& endpoint) {
    std::printf("port %u\n", static_cast<unsigned>(endpoint.port()));
    std::fflush(stdout);
}

void handle_plainly(rpc::Server& server) {
    server.handle("add", [](int a, int b) { return a + b; });
    server.handle("echo", [](std::string_view text) { return text; });
}

// They end without having waited for anything, as most of a server's do that are coroutines.
void handle_with_coroutines(rpc::Server& server) {
    server.handle("add", [](int a, int b) -> asio::awaitable<int> { co_return a + b; });
    server.handle("echo", [](std::string text) -> asio::awaitable<std::string> { co_return text; });
}

int serve(bool coroutines) {
    sigset_t end;
    ::sigemptyset(&end);
    ::sigaddset(&end, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &end, nullptr);
    rpc::Server server;
    coroutines ? handle_with_coroutines(server) : handle_plainly(server);
    server.start();
    tell(server.endpoint());
    int signal = 0;
    return ::sigwait(&end, &signal);
}

int call(std::size_t port, std::size_t depth, std::size_t calls) {
    rpc::ClientOptions options;
    options.io = rpc::IoThreads{1};
    rpc::Client client{local(port), options};
    return CallLoop{client, options.io, depth}.run(calls) ? 0 : 1;
}

int call_service(std::size_t port, std::size_t depth, std::size_t calls, std::size_t connections) {
    discovery::ServiceClientOptions options;
    options.connections = connections;
    options.client.io = rpc::IoThreads{1};
    discovery::ServiceClient client{discovery::MultiServersDiscovery{{local(port)}}, options};
    return CallLoop{client, options.client.io, depth}.run(calls) ? 0 : 1;
}

int ask(std::size_t port, std::size_t depth, std::size_t calls, BatchCaller::Form form) {
    BatchCaller{local(port), depth, form}.exchange(calls / depth);
    return 0;
}

int answer(std::size_t depth) {
    BatchAnswerer answerer{depth, BatchAnswerer::Answers::to_sleepers};
    tell(answerer.endpoint());
    answerer.exchange_all();
    return 0;
}

int compiler() {
    std::printf("%s,%s\n", __VERSION__, ROLLCALL_FLAGS);
    return 0;
}

int run(const std::vector<std::string_view>& words) {
    const auto number = [&](std::size_t at) {
        return std::strtoull(std::string{words.at(at)}.c_str(), nullptr, 10);
    };
    const bool deadlines = words.back() == "with_deadline";
    const auto form = deadlines ? BatchCaller::Form::with_deadline : BatchCaller::Form::plain;
    if (words[0] == "serve") return serve(words.back() == "coroutines");
    if (words[0] == "compiler") return compiler();
    if (words[0] == "answer") return answer(number(1));
    if (words[0] == "ask") return ask(number(1), number(2), number(3), form);
    if (words[0] == "call_service")
        return call_service(number(1), number(2), number(3), words.size() > 4 ? number(4) : 1);
    if (words[0] == "call") {
        const bool counted = words.size() > 3;
        const auto forever = std::numeric_limits<std::size_t>::max();
        return call(number(1), number(2), counted ? number(3) : forever);
    }
    std::fputs("usage: see the head of cost_subject.cpp\n", stderr);
    return 2;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return count > 1 ? run({arguments + 1, arguments + count}) : 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cost-subject: %s\n", error.what());
        return 1;
    }
}
