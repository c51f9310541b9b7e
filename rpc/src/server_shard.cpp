#include "server_shard.h"

#include <rollcall/base/log.h>

#include "server_core.h"

#include <algorithm>
#include <vector>

namespace rollcall::rpc {

ServerShard::ServerShard(ServerCore& core, std::shared_ptr<IoThread> thread)
    : core_(core),
      thread_(std::move(thread)),
      ticker_(thread_->context()),
      deadline_timer_(thread_->context()) {
}

void ServerShard::adopt(StreamSocket socket) {
    if (core_.tls()) return handshakes_.begin(std::move(socket), SteadyClock::now());
    adopt(Transport{std::move(socket)});
}

void ServerShard::adopt(Transport transport) {
    begin(std::make_shared<ServerConnection>(*this, std::move(transport), SteadyClock::now()));
}

void ServerShard::adopt_own(Transport transport) {
    const auto connection =
        std::make_shared<ServerConnection>(*this, std::move(transport), SteadyClock::now());
    connection->trust();
    begin(connection);
}

void ServerShard::refuse(StreamSocket socket) {
    refusals_.begin(std::move(socket), SteadyClock::now(), core_.max_refusals_of_shard());
}

void ServerShard::begin(const ServerConnection::Self& connection) {
    connections_.emplace(connection.get(), connection);
    ServerConnection::open(connection);
    if (draining_) ServerConnection::drain(connection, draining_->first, draining_->second);
}

void ServerShard::on_closed(ServerConnection& connection) {
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
    refusals_.close_all();
    ticker_.cancel();
    deadline_timer_.cancel();
}

void ServerShard::watch(ServerConnection& connection, Deadline deadline) {
    if (deadline.point() >= connection.looked_at_) return;
    deadlines_.move(&connection, connection.looked_at_, deadline.point());
    arm_deadline();
}

void ServerShard::forget_deadline(ServerConnection& connection) {
    deadlines_.move(&connection, connection.looked_at_, TimePoint::max());
}

void ServerShard::arm_deadline() {
    if (deadlines_.next() >= deadline_armed_) return;
    deadline_armed_ = deadlines_.next();
    deadline_timer_.expires_at(deadline_armed_);
    deadline_timer_.async_wait([this, core = core_.weak_self()](const asio::error_code& ec) {
        if (const auto alive = core.lock(); alive && !ec) on_deadline();
    });
}

// One timer for all connections. What ends in time never touches it: when it fires, it looks at
// those connections whose time has come, ends what is late there, and is armed for the earliest of
// the rest.
void ServerShard::on_deadline() {
    const TimePoint now = SteadyClock::now();
    deadline_armed_ = TimePoint::max();
    std::vector<ServerConnection::Self> due;
    for (ServerConnection* const each : deadlines_.due(now))
        due.push_back(connections_.at(each));
    for (const ServerConnection::Self& each : due) {
        const Deadline next = ServerConnection::expire(each, now);
        if (each->phase_ == ServerConnection::Phase::closed) continue;
        // At most a thousand times a second, however many deadlines there are.
        const TimePoint soon = now + std::chrono::milliseconds{1};
        deadlines_.move(each.get(), each->looked_at_, std::max(next.point(), soon));
    }
    arm_deadline();
}

void ServerShard::tick(const std::shared_ptr<ServerCore>& core) {
    now_ = SteadyClock::now();
    for_each([this](const ServerConnection::Self& each) {
        ServerConnection::check_time(each, now_);
    });
    handshakes_.check_time(now_);
    refusals_.check_time(now_, core_.options().refusal_timeout);
    core_.on_tick(*this, now_);
    if (core_.is_stopped()) return;
    ticker_.expires_at(now_ + core_.tick_interval());
    ticker_.async_wait([core, this](const asio::error_code& ec) {
        if (!ec) tick(core);
    });
}

void ServerShard::drain_all(const std::string& reason, Duration grace) {
    draining_.emplace(reason, grace);
    for_each([&](const ServerConnection::Self& each) {
        ServerConnection::drain(each, reason, grace);
    });
}

void ServerShard::drain_silent() {
    handshakes_.close_all();
    for_each([](const ServerConnection::Self& each) { ServerConnection::drain_silent(each); });
}

void ServerShard::close_all() {
    handshakes_.close_all();
    for_each([](const ServerConnection::Self& each) { each->close("the server stopped"); });
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
    if (level == LogLevel::warning && !core_.may_warn_of_close()) level = LogLevel::debug;
    const Log& log = core_.options().log;
    if (!log.enabled(level)) return;
    std::string text = "server " + core_.endpoint_text() + ": closed the connection of ";
    text += peer.empty() ? "a peer" : peer;
    text += ": ";
    text += reason;
    log.write(level, text);
}

void ServerShard::describe(
    std::vector<ConnectionFacts>& facts, std::size_t limit, std::size_t& total
) const {
    total += connections_.size();
    for (const auto& [key, connection] : connections_) {
        if (facts.size() >= limit) return;
        facts.push_back(connection->facts(SteadyClock::now()));
    }
}

std::string ServerShard::names_in_flight() const {
    std::string names;
    for (const auto& [key, connection] : connections_) {
        const std::string more = connection->session().incoming().names();
        if (!more.empty() && names.find(more) == std::string::npos)
            names += (names.empty() ? "" : ", ") + more;
    }
    return names;
}

}  // namespace rollcall::rpc
