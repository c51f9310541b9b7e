#include "call_bridge.h"

#include "call_request.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/post.hpp>

#include <utility>
#include <variant>

namespace rollcall::inspect {
namespace {

using http::Response;

Response calls_are_off() {
    return Response::error(
        404,
        "calls_not_allowed",
        "this listener makes no calls; InspectorOptions::allow_calls (--admin-calls) turns them on"
    );
}

}  // namespace

CallBridge::CallBridge(rpc::ServerView view, const InspectorOptions& options, http::Server& http)
    : view_(std::move(view)), options_(options), http_(http) {
    return_->bridge = this;
}

CallBridge::~CallBridge() {
    stop();
}

void CallBridge::stop() {
    const std::lock_guard lock{return_->mutex};
    return_->bridge = nullptr;
}

void CallBridge::handle(const http::Request& request, http::Responder responder) {
    if (!options_.allow_calls) return responder.respond(calls_are_off());
    if (request.method != "POST")
        return responder.respond(http::method_not_allowed(request, "POST"));
    if (pending_.size() >= options_.calls_max) {
        return responder.respond(
            Response::error(503, "overloaded", "too many calls are under way here; try again")
                .with_header("Retry-After", "1")
        );
    }
    auto call = call_of(request, options_);
    if (const auto* const refusal = std::get_if<Response>(&call))
        return responder.respond(*refusal);
    const std::uint64_t id = ++last_id_;
    auto& pending =
        pending_
            .emplace(
                id, Pending{std::move(responder), std::make_shared<asio::cancellation_signal>()}
            )
            .first->second;
    pending.responder.when_gone([this, id] { cancel(id); });
    if (pending_.contains(id)) start(id, std::get<rpc::Invocation<codec::Raw>>(std::move(call)));
}

void CallBridge::start(std::uint64_t id, rpc::Invocation<codec::Raw> call) {
    const auto signal = pending_.at(id).cancel;
    auto done = [back = return_, id, signal](Result<codec::Raw> outcome) {
        const std::lock_guard lock{back->mutex};
        if (back->bridge == nullptr) return;
        auto shared = std::make_shared<Result<codec::Raw>>(std::move(outcome));
        CallBridge* const bridge = back->bridge;
        bridge->http_.post([bridge, id, shared] { bridge->finish(id, *shared); });
    };
    client().async_call(
        std::move(call),
        asio::bind_cancellation_slot(
            signal->slot(), asio::bind_executor(executor_, std::move(done))
        )
    );
}

void CallBridge::finish(std::uint64_t id, const Result<codec::Raw>& outcome) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    http::Responder responder = std::move(found->second.responder);
    pending_.erase(found);
    responder.respond(answer_of(outcome));
}

void CallBridge::cancel(std::uint64_t id) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return;
    // On the thread that completes the call: signals are not made for two threads.
    asio::post(executor_, [signal = found->second.cancel] {
        signal->emit(asio::cancellation_type::terminal);
    });
    pending_.erase(found);
}

rpc::Client& CallBridge::client() {
    if (!client_) {
        rpc::ClientOptions options;
        options.connect_with = [view = view_] { return view.connect(); };
        options.io = io_;
        options.max_in_flight = options_.calls_max;
        options.log = options_.log;
        client_.emplace(view_.endpoint(), std::move(options));
    }
    return *client_;
}

}  // namespace rollcall::inspect
