// 12: hedging. A call that is not answered in the time that calls usually take is sent to a second
// server as well; the first answer counts. Only for methods that may be executed twice.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <chrono>
#include <thread>

using namespace rollcall;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;
    constexpr rpc::Method<int()> lookup{"lookup", rpc::idempotent};

    rpc::Server quick;
    quick.handle(lookup, [] { return 1; });
    quick.start();
    // This one is in the middle of something, as any server is now and then.
    rpc::Server busy;
    busy.handle(
        lookup,
        [] {
            std::this_thread::sleep_for(2s);
            return 2;
        },
        {.run = rpc::RunOn::pool}
    );
    busy.start();

    discovery::ServiceClientOptions options;
    options.hedge.after = 20ms;
    discovery::MultiServersDiscovery servers{{busy.endpoint(), quick.endpoint()}};
    discovery::ServiceClient client{servers, options};

    bool all_soon = true;
    for (int i = 0; i < 4; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const Result<int> answer = client.call(lookup());
        const auto took = std::chrono::steady_clock::now() - start;
        all_soon = all_soon && answer && took < 1s;
    }
    lesson.show(
        all_soon, "four calls, half of them first to a busy server: none has waited for it"
    );
    return lesson.exit_status();
}
