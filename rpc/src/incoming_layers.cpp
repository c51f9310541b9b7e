#include "incoming_layers.h"

namespace rollcall::rpc {

IncomingLayers::~IncomingLayers() {
    if (!walk_.is_inside()) return;
    const Error dropped{Errc::connection_lost, "the request was dropped with its connection"};
    leave(&dropped, 0);
}

void IncomingLayers::begin(Context& context, std::size_t request_bytes) noexcept {
    walk_.restart();
    context_ = &context;
    request_bytes_ = request_bytes;
}

void IncomingLayers::move_to(Context& context, bool owns_method) {
    if (owns_method) {
        method_ = context.method();
        context.facts_.method = method_;
    }
    context_ = &context;
}

Context::Facts IncomingLayers::take_facts(Context& context) noexcept {
    return std::move(context.facts_);
}

void IncomingLayers::leave(const Error* error, std::size_t reply_bytes) noexcept {
    if (!walk_.is_inside()) return;
    Outcome outcome;
    outcome.error = error;
    outcome.request_bytes = request_bytes_;
    outcome.reply_bytes = reply_bytes;
    outcome.began = began();
    walk_.leave(*this, outcome);
}

void IncomingLayers::set_metadata(std::string_view name, std::string_view value) {
    context_->facts_.metadata.set(name, value);
}

void IncomingLayers::offer_metadata(std::string_view name, std::string_view value) {
    if (metadata().has_room(name, value)) set_metadata(name, value);
}

void IncomingLayers::remove_metadata(std::string_view name) {
    context_->facts_.metadata.erase(name);
}

void IncomingLayers::reply_with(std::string_view name, std::string_view value) {
    if (reply_metadata().has_room(name, value)) context_->reply_with(name, value);
}

const std::string& IncomingLayers::peer_name() const {
    // The connection has it as long as it lives, and it lives as long as its requests.
    return context_->peer().name();
}

std::uint64_t IncomingLayers::connection_id() const {
    return context_->peer().id();
}

Attachments& IncomingLayers::attachments() {
    auto& attachments = context_->facts_.attachments;
    if (!attachments) attachments = std::make_unique<Attachments>();
    return *attachments;
}

}  // namespace rollcall::rpc
