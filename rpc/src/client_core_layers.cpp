// How calls of a client go through its layers.

#include "client_core.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace rollcall::rpc {

void ClientCore::use(MiddlewarePtr layer) {
    if (!layer) throw std::invalid_argument{"a layer must not be null"};
    const std::lock_guard lock{mutex_};
    require_not_begun("middleware");
    Middlewares layers;
    if (around_) layers = around_->layers;
    layers.push_back(std::move(layer));
    // A name of its own: g++ 12 takes the default argument for a use of uninitialised memory.
    const std::optional<tls::PeerCertificate> unknown;
    const PeerIdentity server{endpoint_text_, std::nullopt, unknown};
    around_ = std::make_shared<const OutgoingLayers::Around>(OutgoingLayers::Around{
        std::move(layers), server});
    is_layered_.store(true, std::memory_order_release);
}

// ---- the thread of the caller, who alone knows of the call

void ClientCore::prepare(const CallPtr& call) {
    if (!is_layered_.load(std::memory_order_acquire) || call->kind == Call::Kind::connection)
        return;
    if (!begun_.load(std::memory_order_acquire)) {
        // From now on no layer is added.
        const std::lock_guard lock{mutex_};
        if (!begun_) begin();
    }
    auto layers = std::make_unique<OutgoingLayers>(*call, around_);
    OutgoingLayers& entering = *layers;
    call->watch_with(std::move(layers));
    entering.enter();
}

// ---- the I/O thread

bool ClientCore::pass_layers(const CallPtr& call) {
    auto* const layers = static_cast<OutgoingLayers*>(call->watcher());
    if (layers == nullptr) return true;
    if (Error* const why = layers->refusal()) {
        refuse(*call, std::move(*why));
        return false;
    }
    if (!layers->awaits()) return true;
    watch(call->deadline);
    entering_.push(call);
    asio::co_spawn(thread_->context(), await_layers(self_, call, layers->finish()), asio::detached);
    return false;
}

asio::awaitable<void> ClientCore::await_layers(
    std::weak_ptr<ClientCore> weak, CallPtr call, asio::awaitable<Result<void>> finishing
) {
    // Not yet: calls that came before this one are still to be sent.
    co_await asio::post(asio::use_awaitable);
    Result<void> passed = co_await std::move(finishing);
    static_cast<OutgoingLayers&>(*call->watcher()).end_awaiting();
    // What is sent is sent in a turn of its own: this may be a turn of somebody else's.
    if (const Self self = weak.lock()) self->on_layers_passed(call, std::move(passed));
}

void ClientCore::on_layers_passed(const CallPtr& call, Result<void>&& passed) {
    static_cast<void>(entering_.take_if([&](const Call& each) { return &each == &*call; }));
    if (call->done) return;
    if (!passed) return refuse(*call, std::move(passed.error()));
    waiting_.push(call);
    if (const Self self = self_.lock()) schedule_pump(self);
}

void ClientCore::refuse(Call& call, Error&& why) {
    if (call.kind == Call::Kind::nothing)
        dropped_notifications_.fetch_add(1, std::memory_order_relaxed);
    // What a layer says of a call of its own is not true of this one.
    const bool is_own = why.endpoint().empty() && why.method().empty();
    Error error = is_own ? std::move(why) : Error{why.code(), why.to_string()};
    error.set_method(call.invocation.method()).set_endpoint(endpoint_text_);
    error.set_sent(Sent::not_sent);
    call.done = true;
    call.note_end(&error, 0);
    call.fail(std::move(error));
}

}  // namespace rollcall::rpc
