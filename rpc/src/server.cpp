#include <rollcall/rpc/server.h>

#include "server_core.h"

#include <stdexcept>

namespace rollcall::rpc {
namespace {

// Ends a core that its handle gives up.
void end(std::shared_ptr<ServerCore>&& core) {
    if (!core) return;
    if (core->is_forked()) {
        // Its threads are the parent's: nothing may be touched, closed or waited for here.
        return abandon(std::move(core));
    }
    const std::shared_ptr<ServerCore> mine = std::move(core);
    ServerCore::stop(mine, mine->options().drain_timeout);
}

}  // namespace

Server::Server(ServerOptions options) : core_(std::make_shared<ServerCore>(std::move(options))) {
    core_->self_ = core_;
}

Server::Server(Server&& other) noexcept = default;

Server& Server::operator=(Server&& other) noexcept {
    if (this != &other) {
        end(std::move(core_));
        core_ = std::move(other.core_);
    }
    return *this;
}

Server::~Server() {
    end(std::move(core_));
}

void Server::add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) {
    core_->add(name, is_idempotent, std::move(handler));
}

void Server::set_on_connect(Connected connected) {
    core_->set_on_connect(std::move(connected));
}

void Server::set_on_disconnect(Disconnected disconnected) {
    core_->set_on_disconnect(std::move(disconnected));
}

void Server::use(MiddlewarePtr layer) {
    core_->use(std::move(layer));
}

void Server::start() {
    ServerCore::start(core_);
}

void Server::stop() {
    stop(core_->options().drain_timeout);
}

void Server::stop(Duration grace) {
    ServerCore::stop(core_, grace);
}

LiveEndpoint Server::endpoint() const {
    return LiveEndpoint{core_->endpoint(), [weak = std::weak_ptr<ServerCore>{core_}] {
                            const auto core = weak.lock();
                            return core && core->is_alive();
                        }};
}

Result<void> Server::reload_tls() {
    return core_->reload_tls();
}

ServerStats Server::stats() const {
    return core_->stats();
}

ServerView Server::view() const {
    return ServerView{core_};
}

IoThreads Server::io() const {
    return core_->io();
}

}  // namespace rollcall::rpc
