#include <rollcall/rpc/call_target.h>
#include <rollcall/rpc/context.h>
#include <rollcall/rpc/io_threads.h>

#include <algorithm>

namespace rollcall::rpc::detail {

Deadline begin_call(Duration call_timeout, PackedInvocation& invocation, TimePoint now) {
    const Duration own = invocation.timeout();
    const Duration allowed = own > Duration::zero() ? own : call_timeout;
    const Deadline deadline = invocation.inherit(Deadline::in(allowed, now));
    // What the caller is told when it has passed.
    invocation.limit_attempt(std::min(allowed, deadline.remaining(now)));
    return deadline;
}

std::optional<Error> why_not_block(const CallTarget& target, const PackedInvocation& invocation) {
    if (!IoThreads::on_io_thread()) return std::nullopt;
    return Error{
        Errc::would_deadlock,
        "a blocking call on an I/O thread would wait for itself: co_await async_call() instead, or "
        "register the handler with RunOn::pool"}
        .with_method(invocation.method())
        .with_endpoint(target.target_name());
}

Error unanswered(const CallTarget& target, const Call& call, Sent sent) {
    return Error{Errc::timed_out, "the deadline passed and the client's I/O thread does not answer"}
        .with_method(call.invocation.method())
        .with_endpoint(target.target_name())
        .with_sent(sent);
}

std::stop_token handler_stop_token() {
    const Context* const context = Context::current();
    return context != nullptr ? context->stop_token() : std::stop_token{};
}

void stop_with_handler(std::stop_token handler, const CallPtr& call, std::function<void()> cancel) {
    if (call->kind != Call::Kind::nothing) call->stop_with(std::move(handler), std::move(cancel));
}

void stop_with_handler(std::stop_token handler, const CallTargetPtr& target, const CallPtr& call) {
    if (!handler.stop_possible()) return;
    stop_with_handler(std::move(handler), call, [weak = std::weak_ptr<CallTarget>{target}, call] {
        if (const auto alive = weak.lock()) alive->cancel(call);
    });
}

}  // namespace rollcall::rpc::detail
