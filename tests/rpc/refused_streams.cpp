// Does not compile: streams that are called, calls that are opened, and handlers that do not fit.
// The test that runs the compiler expects the sentence that says so.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

namespace rollcall::rpc {

constexpr Method<Stream<int>(int)> count{"count"};
constexpr Method<int(Stream<int>)> sum{"sum"};
constexpr Method<int(int)> twice{"twice"};

void refused(Server& server, Client& client) {
#if defined(CALLED)
    static_cast<void>(client.call(count(1)));
#elif defined(AWAITED)
    static_cast<void>(client.async_call(sum()));
#elif defined(NOTIFIED)
    client.notify(sum());
#elif defined(OPENED)
    static_cast<void>(client.open(twice(1)));
#elif defined(HANDLER)
    server.handle(count, [](int n) { return n; });
#elif defined(VIEW)
    server.handle("view", [](std::string_view, StreamWriter<int>) -> asio::awaitable<void> {
        co_return;
    });
#elif defined(MIDDLE)
    constexpr Method<int(Stream<int>, int)> middle{"middle"};
    static_cast<void>(middle);
#endif
    static_cast<void>(server);
    static_cast<void>(client);
}

}  // namespace rollcall::rpc
