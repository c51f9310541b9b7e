// 11: consistent hashing. Calls about the same thing go to the same server, which has it in its
// cache. When a server comes or goes, only its own share of the things moves.
#include <rollcall/discovery/service_client.h>
#include <rollcall/rpc/server.h>

#include "lesson.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace rollcall;

namespace {

constexpr rpc::Method<std::string(std::string)> profile{"profile", rpc::idempotent};

std::unique_ptr<rpc::Server> start_cache() {
    auto server = std::make_unique<rpc::Server>();
    server->handle(profile, [self = server.get()](const std::string&) {
        return self->endpoint().to_string();
    });
    server->start();
    return server;
}

// Where the call about each of a hundred users goes.
std::map<std::string, std::string> ask_all(discovery::ServiceClient& caches) {
    std::map<std::string, std::string> places;
    for (int i = 0; i < 100; ++i) {
        const std::string user = "user-" + std::to_string(i);
        places[user] = caches.call(profile(user).keyed(user)).value();
    }
    return places;
}

}  // namespace

int main() {
    lesson::Lesson lesson;
    std::vector<std::unique_ptr<rpc::Server>> servers;
    std::vector<Endpoint> endpoints;
    for (int i = 0; i < 5; ++i) {
        servers.push_back(start_cache());
        endpoints.push_back(servers.back()->endpoint());
    }
    discovery::MultiServersDiscovery list{endpoints};
    discovery::ServiceClient caches{list, {.select = discovery::SelectMode::consistent_hash}};

    const auto first = ask_all(caches);
    lesson.show(first == ask_all(caches), "a hundred users, asked twice: the same servers");

    endpoints.pop_back();
    list.update(endpoints);
    int moved = 0;
    for (const auto& [user, place] : ask_all(caches))
        moved += place == first.at(user) ? 0 : 1;
    lesson.show(
        moved > 0 && moved < 50,
        "one of five servers is gone: " + std::to_string(moved) + " of 100 users have moved"
    );
    return lesson.exit_status();
}
