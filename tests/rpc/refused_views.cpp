// Does not compile: aggregates with views where they would outlive the message. The test that runs
// the compiler expects the sentence that says so.
#include <rollcall/rpc/client.h>
#include <rollcall/rpc/server.h>

namespace rollcall::rpc {

struct Glance {
    int id = 0;
    std::string_view name;
};

void refused(Server& server, Client& client) {
#if defined(COROUTINE)
    server.handle("glance", [](Glance glance) -> asio::awaitable<int> { co_return glance.id; });
#elif defined(COROUTINE_OF_SPAN)
    server.handle("size", [](std::span<const std::byte> bytes) -> asio::awaitable<std::size_t> {
        co_return bytes.size();
    });
#elif defined(RESULT)
    static_cast<void>(client.call(invoke<std::vector<Glance>>("glance")));
#endif
    static_cast<void>(server);
    static_cast<void>(client);
}

}  // namespace rollcall::rpc
