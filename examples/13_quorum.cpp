// 13: a quorum. Enough answers are enough; the rest is not waited for. If there cannot be enough of
// them any more, that is known at once.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace rollcall;
using namespace std::chrono_literals;

int main() {
    lesson::Lesson lesson;
    std::vector<std::unique_ptr<rpc::Server>> replicas;
    std::vector<Endpoint> endpoints;
    for (int version : {7, 9, 8}) {
        replicas.push_back(std::make_unique<rpc::Server>());
        replicas.back()->handle("newest_version", [version] { return version; });
        replicas.back()->start();
        endpoints.push_back(replicas.back()->endpoint());
    }
    discovery::MultiServersDiscovery servers{endpoints};
    discovery::ServiceClient store{servers};

    discovery::BroadcastOptions majority;
    majority.until = discovery::Until::quorum(2);
    const auto replies = store.broadcast(rpc::invoke<int>("newest_version"), majority);
    const auto newest = replies.reduce(0, [](int a, int b) { return std::max(a, b); });
    lesson.show(
        replies.succeeded() >= 2 && newest.value() >= 8,
        "two of three have answered; the newest version among them is " +
            std::to_string(newest.value())
    );

    // Of three replicas two are gone: a majority is impossible, and nobody waits for it.
    replicas.resize(1);
    const auto few = store.broadcast(rpc::invoke<int>("newest_version").within(20s), majority);
    lesson.show(
        few.failed() >= 2, "without a majority: " + std::to_string(few.failed()) + " failed"
    );

    // Many at a time would be too many? Two at a time.
    discovery::BroadcastOptions gently;
    gently.parallel = 2;
    const auto all = store.broadcast(rpc::invoke<int>("newest_version"), gently);
    lesson.show(all.size() == 3, "two at a time, all three outcomes");
    return lesson.exit_status();
}
