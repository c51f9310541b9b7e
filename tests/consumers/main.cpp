// What somebody else's first program is: a server and a client of one method. Ends with 0 if
// headers, libraries and flags of the package fit together.

#include <rollcall/rpc/client.h>
#include <rollcall/rpc/method.h>
#include <rollcall/rpc/server.h>

#include <cstdio>

inline constexpr rollcall::rpc::Method<int(int, int)> add{"add", rollcall::rpc::idempotent};

int main() {
    rollcall::rpc::Server server;
    server.handle(add, [](int a, int b) { return a + b; });
    server.start();

    rollcall::rpc::Client client{server.endpoint()};
    const rollcall::Result<int> sum = client.call(add(1, 2));
    if (!sum) {
        std::fprintf(stderr, "%s\n", sum.error().to_string().c_str());
        return 1;
    }
    std::printf("1 + 2 = %d\n", *sum);
    return *sum == 3 ? 0 : 1;
}
