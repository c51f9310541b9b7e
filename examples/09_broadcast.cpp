// 09: broadcast. One invocation, packed once, sent to every instance in parallel; the result tells
// what became of each, those that cannot be reached included.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <stdexcept>
#include <string>

using namespace rollcall;

int main() {
    lesson::Lesson lesson;

    rpc::Server healthy;
    healthy.handle("clear_cache", [] { return 12; });
    healthy.start();
    rpc::Server broken;
    broken.handle("clear_cache", []() -> int { throw std::runtime_error{"the disk is full"}; });
    broken.start();
    rpc::Server gone;
    gone.start();
    const Endpoint nobody = gone.endpoint();
    gone.stop();

    discovery::MultiServersDiscovery servers{{healthy.endpoint(), broken.endpoint(), nobody}};
    discovery::ServiceClient caches{servers};

    const auto replies = caches.broadcast(rpc::invoke<int>("clear_cache"));
    lesson.show(replies.size() == 3, "three instances, three outcomes:");
    for (const auto& reply : replies) {
        const std::string who = reply.instance.endpoint().to_string();
        lesson.show(
            true,
            reply.result ? who + " cleared " + std::to_string(*reply.result) + " entries"
                         : reply.result.error().to_string()
        );
    }
    lesson.show(replies.succeeded() == 1 && replies.failed() == 2, "one succeeded, two failed");

    // The first answer is enough: the rest is not waited for.
    const auto any = caches.broadcast(
        rpc::invoke<int>("clear_cache"), {.until = discovery::Until::first_success}
    );
    lesson.show(any.first_success() != nullptr, "somebody has done it");
    return lesson.exit_status();
}
