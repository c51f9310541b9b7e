// What the server of a client can ask of it, and what the client's program hears of its connection.

#include "client_core.h"

#include <asio/post.hpp>

#include <stdexcept>
#include <utility>

namespace rollcall::rpc {

void ClientCore::require_not_begun(const char* what) const {
    if (begun_)
        throw std::logic_error{std::string{what} + " must come before the first call of a client"};
}

void ClientCore::begin() {
    if (methods_->needs_pool()) {
        pool_ = std::make_unique<HandlerPool>(options_.pool_threads, options_.log);
        host_->pool = pool_->executor();
    }
    // Last: who finds it set takes no lock, and a pool for which there is no thread is tried again.
    begun_.store(true, std::memory_order_release);
}

void ClientCore::add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) {
    const std::lock_guard lock{mutex_};
    require_not_begun("handlers");
    methods_->add(name, is_idempotent, std::move(handler));
}

void ClientCore::set_on_connect(HandlerRegistry::Connected connected) {
    const std::lock_guard lock{mutex_};
    require_not_begun("on_connect()");
    host_->on_connect = std::move(connected);
}

void ClientCore::set_on_disconnect(HandlerRegistry::Disconnected disconnected) {
    const std::lock_guard lock{mutex_};
    require_not_begun("on_disconnect()");
    host_->on_disconnect = std::move(disconnected);
}

void ClientCore::keep_connected(const Self& self) {
    {
        const std::lock_guard lock{self->mutex_};
        if (!self->begun_) self->begin();
    }
    asio::post(self->thread_->context(), [self] {
        self->stays_connected_ = true;
        self->drive();
    });
}

void ClientCore::submit_call(const CallPtr& call) {
    prepare(call);
    submit(call);
}

void ClientCore::cancel_call(const CallPtr& call) {
    end_call(call, Errc::cancelled, "the caller cancelled the call");
}

}  // namespace rollcall::rpc
