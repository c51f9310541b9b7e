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

Result<void> Client::wait_ready(Deadline deadline) {
    const PackedInvocation nothing = PackedInvocation::pack("");
    if (auto error = blocked(nothing)) return std::move(*error);
    auto* call = new BlockingCall<void>{nothing, deadline, Call::Kind::connection};
    const CallPtr mine{call};
    Edge::submit(core_, mine);
    const Deadline until = deadline.is_never() ? deadline : Deadline::at(deadline.point() + kGrace);
    if (auto result = call->wait(until)) return std::move(*result);
    return unanswered(*call, call->give_up());
}

void Client::submit(CallPtr call) {
    ClientCore::submit(core_, std::move(call));
}

void Client::cancel(const CallPtr& call) {
    ClientCore::cancel(core_, call);
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

std::optional<Error> Client::blocked(const PackedInvocation& invocation) const {
    if (!IoThreads::on_io_thread()) return std::nullopt;
    return Error{
        Errc::would_deadlock,
        "a blocking call on an I/O thread would wait for itself: co_await async_call() instead, or "
        "register the handler with RunOn::pool"}
        .with_method(invocation.method())
        .with_endpoint(core_->endpoint().to_string());
}

Error Client::unanswered(const Call& call, Sent sent) const {
    return Error{Errc::timed_out, "the deadline passed and the client's I/O thread does not answer"}
        .with_method(call.invocation.method())
        .with_endpoint(core_->endpoint().to_string())
        .with_sent(sent);
}

Deadline Client::Edge::deadline_of(const ClientCore& core, const PackedInvocation& invocation) {
    const Duration timeout = invocation.timeout();
    return Deadline::in(timeout > Duration::zero() ? timeout : core.options().call_timeout);
}

asio::any_io_executor Client::Edge::executor_of(const ClientCore& core) {
    return core.thread().context().get_executor();
}

void Client::Edge::submit(const std::shared_ptr<ClientCore>& core, CallPtr call) {
    ClientCore::submit(core, std::move(call));
}

void Client::Edge::cancel(const std::weak_ptr<ClientCore>& core, const CallPtr& call) {
    if (const auto self = core.lock()) ClientCore::cancel(self, call);
}

}  // namespace rollcall::rpc
