#include <rollcall/discovery/service_client.h>

#include "broadcast_call.h"
#include "service_call.h"
#include "service_core.h"

#include <utility>

namespace rollcall::discovery {
namespace {

// How long a blocking caller gives the I/O threads to end a call whose deadline has passed.
constexpr Duration kGrace = std::chrono::milliseconds{4};

// Ends a core that its handle gives up.
void give_up(std::shared_ptr<ServiceCore>&& core) {
    if (!core) return;
    if (core->is_forked()) {
        // Its threads are the parent's: nothing may be touched, closed or waited for here.
        return abandon(std::move(core));
    }
    ServiceCore::stop(core);
}

}  // namespace

ServiceClient::ServiceClient(const Discovery& discovery, ServiceClientOptions options)
    : core_(std::make_shared<ServiceCore>(discovery, std::move(options))) {
    ServiceCore::open(core_);
}

ServiceClient::~ServiceClient() {
    give_up(std::move(core_));
}

ServiceClient::ServiceClient(ServiceClient&& other) noexcept = default;

ServiceClient& ServiceClient::operator=(ServiceClient&& other) noexcept {
    if (this != &other) {
        give_up(std::move(core_));
        core_ = std::move(other.core_);
    }
    return *this;
}

void ServiceClient::stop() {
    ServiceCore::stop(core_);
}

std::vector<InstanceState> ServiceClient::state() const {
    return core_->state();
}

ServiceCounters ServiceClient::counters() const {
    return core_->tally().counters();
}

Result<void> ServiceClient::wait_ready(Deadline deadline) {
    rpc::PackedInvocation nothing = rpc::PackedInvocation::pack("");
    if (auto error = blocked(nothing)) return std::move(*error);
    const Core core = core_;
    return wait_for<void>(
        core, std::move(nothing), {deadline, SteadyClock::now(), rpc::Call::Kind::connection}
    );
}

PackedReplies ServiceClient::broadcast_packed(
    rpc::PackedInvocation invocation, BroadcastOptions options
) {
    if (auto error = blocked(invocation)) return std::move(*error);
    const Core core = core_;
    const Deadline deadline = Edge::begin(*core, invocation).deadline;
    const auto waiter = std::make_shared<BlockingBroadcast>();
    const auto broadcast =
        std::make_shared<BroadcastCall>(core, std::move(invocation), deadline, options, waiter);
    BroadcastCall::start(broadcast);
    auto replies = waiter->wait(patience(deadline));
    if (!replies) replies = broadcast->late_replies();
    while (!replies)
        replies = waiter->wait(Deadline::never());  // it is being handed over right now
    return std::move(*replies);
}

std::optional<Error> ServiceClient::blocked(const rpc::PackedInvocation& invocation) {
    if (!rpc::IoThreads::on_io_thread()) return std::nullopt;
    return Error{
        Errc::would_deadlock,
        "a blocking call on an I/O thread would wait for itself: co_await the async_ function "
        "instead, or register the handler with RunOn::pool"}
        .with_method(invocation.method());
}

Deadline ServiceClient::patience(Deadline deadline) {
    return deadline.is_never() ? deadline : Deadline::at(deadline.point() + kGrace);
}

ServiceClient::Beginning ServiceClient::Edge::begin(
    const ServiceCore& core, rpc::PackedInvocation& invocation
) {
    const TimePoint now = SteadyClock::now();
    return {rpc::detail::begin_call(core.options().call_timeout, invocation, now), now};
}

const asio::any_io_executor& ServiceClient::Edge::executor_of(const ServiceCore& core) {
    return core.executor();
}

void ServiceClient::Edge::notify(const Core& core, rpc::CallPtr call) {
    ServiceCall::start(std::make_shared<ServiceCall>(core, std::move(call)));
}

std::shared_ptr<BroadcastCall> ServiceClient::Edge::prepare_broadcast(
    const Core& core,
    rpc::PackedInvocation invocation,
    BroadcastOptions options,
    std::shared_ptr<BroadcastWaiter> waiter
) {
    const Deadline deadline = begin(*core, invocation).deadline;
    return std::make_shared<BroadcastCall>(
        core, std::move(invocation), deadline, options, std::move(waiter)
    );
}

void ServiceClient::Edge::start_broadcast(const std::shared_ptr<BroadcastCall>& broadcast) {
    BroadcastCall::start(broadcast);
}

void ServiceClient::Edge::cancel_broadcast(const std::weak_ptr<BroadcastCall>& broadcast) {
    if (const auto self = broadcast.lock()) BroadcastCall::cancel(self);
}

}  // namespace rollcall::discovery
