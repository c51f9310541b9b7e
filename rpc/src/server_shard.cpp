#include "server_shard.h"

#include <rollcall/base/log.h>

#include "server_core.h"

#include <algorithm>
#include <vector>

namespace rollcall::rpc {

ServerShard::ServerShard(ServerCore& core, std::shared_ptr<IoThread> thread)
    : core_(core), thread_(std::move(thread)), ticker_(thread_->context()) {
}

void ServerShard::adopt(asio::ip::tcp::socket socket) {
    const auto connection =
        std::make_shared<ServerConnection>(*this, std::move(socket), SteadyClock::now());
    connections_.emplace(connection.get(), connection);
    ServerConnection::open(connection);
}

void ServerShard::remove(ServerConnection& connection) {
    // The caller holds the connection; this is the shard's share of it.
    if (connections_.erase(&connection) > 0) core_.connection_closed();
}

template <class Act>
void ServerShard::for_each(Act&& act) {
    // A copy: acting on a connection may remove it.
    std::vector<ServerConnection::Self> all;
    all.reserve(connections_.size());
    for (const auto& [key, connection] : connections_)
        all.push_back(connection);
    for (const auto& connection : all)
        act(connection);
}

void ServerShard::start_ticking(const std::shared_ptr<ServerCore>& core) {
    tick(core);
}

void ServerShard::stop_ticking() {
    ticker_.cancel();
}

void ServerShard::tick(const std::shared_ptr<ServerCore>& core) {
    now_ = SteadyClock::now();
    for_each([this](const ServerConnection::Self& each) {
        ServerConnection::check_time(each, now_);
    });
    if (core_.is_stopped()) return;
    ticker_.expires_at(now_ + core_.tick_interval());
    ticker_.async_wait([core, this](const asio::error_code& ec) {
        if (!ec) tick(core);
    });
}

void ServerShard::drain_all(const std::string& reason, Duration grace) {
    for_each([&](const ServerConnection::Self& each) {
        ServerConnection::drain(each, reason, grace);
    });
}

void ServerShard::drain_silent() {
    for_each([](const ServerConnection::Self& each) { ServerConnection::drain_silent(each); });
}

void ServerShard::close_all() {
    for_each([](const ServerConnection::Self& each) { each->close(); });
}

void ServerShard::resume_starved() {
    for_each([](const ServerConnection::Self& each) { ServerConnection::resume_starved(each); });
}

void ServerShard::make_room() {
    const std::size_t limit = core_.max_held_bytes_of_shard();
    while (held_bytes_ > limit) {
        const auto most = std::max_element(
            connections_.begin(),
            connections_.end(),
            [](const auto& a, const auto& b) { return a.second->held() < b.second->held(); }
        );
        const ServerConnection::Self connection = most->second;  // its end removes it
        connection->give_way();
    }
}

void ServerShard::log_close(std::string_view peer, std::string_view reason, LogLevel level) const {
    const Log& log = core_.options().log;
    if (!log.enabled(level)) return;
    std::string text = "server " + core_.endpoint_text() + ": closed the connection of ";
    text += peer.empty() ? "a peer" : peer;
    text += ": ";
    text += reason;
    level == LogLevel::debug ? log.debug(text) : log.warning(text);
}

std::string ServerShard::names_in_flight() const {
    std::string names;
    for (const auto& [key, connection] : connections_) {
        const std::string more = connection->session().names_in_flight();
        if (!more.empty() && names.find(more) == std::string::npos)
            names += (names.empty() ? "" : ", ") + more;
    }
    return names;
}

}  // namespace rollcall::rpc
