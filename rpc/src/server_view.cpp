#include <rollcall/rpc/server_view.h>

#include "server_core.h"

namespace rollcall::rpc {

std::string_view name_of(ServerStatus status) noexcept {
    switch (status) {
        case ServerStatus::starting:
            return "starting";
        case ServerStatus::serving:
            return "serving";
        case ServerStatus::overloaded:
            return "overloaded";
        case ServerStatus::stuck:
            return "stuck";
        case ServerStatus::draining:
            return "draining";
        case ServerStatus::stopped:
            break;
    }
    return "stopped";
}

ServerHealth ServerView::health() const {
    const auto core = core_.lock();
    return core ? core->health() : ServerHealth();
}

ServerStats ServerView::stats() const {
    const auto core = core_.lock();
    return core ? core->stats() : ServerStats();
}

std::vector<MethodStats> ServerView::method_stats() const {
    const auto core = core_.lock();
    return core ? core->method_stats() : std::vector<MethodStats>();
}

ConnectionList ServerView::connections(std::size_t limit, Duration patience) const {
    const auto core = core_.lock();
    return core ? core->list_connections(limit, patience) : ConnectionList();
}

Endpoint ServerView::endpoint() const {
    const auto core = core_.lock();
    return core ? core->endpoint() : Endpoint{"", 0};
}

void ServerView::announce_admin(const std::string& url) const {
    if (const auto core = core_.lock()) core->set_admin_url(url);
}

Result<int> ServerView::connect() const {
    const auto core = core_.lock();
    if (core) return ServerCore::connect(core);
    return Error{Errc::shutting_down, "the server has been destroyed"};
}

}  // namespace rollcall::rpc
