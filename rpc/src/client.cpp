#include <rollcall/rpc/client.h>

#include "client_core.h"

#include <stdexcept>

namespace rollcall::rpc {
namespace {

Endpoint parsed(std::string_view text) {
    Result<Endpoint> endpoint = Endpoint::parse(text);
    if (!endpoint) throw std::invalid_argument{endpoint.error().message()};
    return *std::move(endpoint);
}

// Ends a core that its handle gives up.
void end(std::shared_ptr<ClientCore>&& core) {
    if (!core) return;
    if (core->is_forked()) {
        // Its thread is the parent's: nothing may be touched, closed or waited for here.
        return abandon(std::move(core));
    }
    ClientCore::stop(core);
}

}  // namespace

Client::Client(std::string_view endpoint, ClientOptions options)
    : Client(parsed(endpoint), std::move(options)) {
}

Client::Client(Endpoint endpoint, ClientOptions options)
    : core_(std::make_shared<ClientCore>(std::move(endpoint), std::move(options))) {
    core_->self_ = core_;
}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        end(std::move(core_));
        core_ = std::move(other.core_);
    }
    return *this;
}

Client::~Client() {
    end(std::move(core_));
}

void Client::stop() {
    ClientCore::stop(core_);
}

void Client::keep_connected() {
    ClientCore::keep_connected(core_);
}

Result<void> Client::wait_ready(Deadline deadline) {
    PackedInvocation nothing = PackedInvocation::pack("");
    if (auto error = detail::why_not_block(*core_, nothing)) return std::move(*error);
    return detail::wait_for<void>(core_, std::move(nothing), deadline, Call::Kind::connection);
}

void Client::submit(CallPtr call) {
    core_->prepare(call);
    core_->submit(std::move(call));
}

void Client::cancel(const CallPtr& call) {
    core_->cancel(call);
}

void Client::use(MiddlewarePtr layer) {
    core_->use(std::move(layer));
}

const Endpoint& Client::endpoint() const noexcept {
    return core_->endpoint();
}

ClientState Client::state() const noexcept {
    return core_->state();
}

ClientCounters Client::counters() const noexcept {
    return core_->counters();
}

void Client::add(std::string_view name, bool is_idempotent, std::unique_ptr<Handler> handler) {
    core_->add(name, is_idempotent, std::move(handler));
}

void Client::set_on_connect(Connected connected) {
    core_->set_on_connect(std::move(connected));
}

void Client::set_on_disconnect(Disconnected disconnected) {
    core_->set_on_disconnect(std::move(disconnected));
}

CallTargetPtr Client::target() const noexcept {
    return core_;
}

}  // namespace rollcall::rpc
