#include "idle_connections.h"

#include <iterator>

namespace rollcall::http {

void IdleConnections::add(Id id, int descriptor, TimePoint now) {
    all_.insert_or_assign(id, Connection{descriptor, std::nullopt});
    idle(id, now);
}

void IdleConnections::remove(Id id) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    take_out(found->second);
    all_.erase(found);
}

void IdleConnections::busy(Id id) {
    if (const auto found = all_.find(id); found != all_.end()) take_out(found->second);
}

void IdleConnections::idle(Id id, TimePoint now) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    take_out(found->second);
    idle_.push_back({id, now});
    found->second.place = std::prev(idle_.end());
}

std::optional<int> IdleConnections::take_oldest(TimePoint now, Duration at_least) {
    if (idle_.empty() || now - idle_.front().since < at_least) return std::nullopt;
    Connection& oldest = all_.at(idle_.front().id);
    take_out(oldest);
    return oldest.descriptor;
}

void IdleConnections::take_out(Connection& connection) {
    if (!connection.place) return;
    idle_.erase(*connection.place);
    connection.place.reset();
}

}  // namespace rollcall::http
