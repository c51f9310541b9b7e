#include <rollcall/rpc/open_stream.h>

#include "stream_link.h"

#include <utility>

namespace rollcall::rpc::detail {
namespace {

// A stream has no longest time unless its invocation names one, or the handler that opens it has
// one.
Deadline deadline_of(PackedInvocation& invocation) {
    const Duration own = invocation.timeout();
    const Deadline deadline =
        invocation.inherit(own > Duration::zero() ? Deadline::in(own) : Deadline::never());
    invocation.await_hello();
    return deadline;
}

}  // namespace

StreamCall::StreamCall(
    PackedInvocation packed, Deadline to_be_sent, StreamPipePtr pipe, StreamSides sides
)
    : Call(std::move(packed), to_be_sent, Kind::stream), pipe_(std::move(pipe)), sides_(sides) {
}

void StreamCall::finish(codec::Bytes result) noexcept {
    forget_stop();
    pipe_->link().finish(result);
}

void StreamCall::fail(Error&& error) noexcept {
    forget_stop();
    pipe_->link().fail(std::move(error));
}

StreamHandle::StreamHandle(
    const CallTargetPtr& target, PackedInvocation invocation, StreamSides sides
)
    : target_(target) {
    const Deadline deadline = deadline_of(invocation);
    const Deadline to_be_sent = deadline.earlier(Deadline::in(target->call_timeout()));
    pipe_ = make_opened_stream(invocation.method(), deadline);
    call_ = CallPtr{new StreamCall{std::move(invocation), to_be_sent, pipe_, sides}};
    std::stop_token handler = handler_stop_token();
    target->submit(call_);
    stop_with_handler(std::move(handler), target, call_);
}

StreamHandle& StreamHandle::operator=(StreamHandle&& other) noexcept {
    if (this == &other) return *this;
    cancel();
    target_ = std::move(other.target_);
    call_ = std::move(other.call_);
    pipe_ = std::move(other.pipe_);
    return *this;
}

StreamHandle::~StreamHandle() {
    cancel();
}

void StreamHandle::cancel() const noexcept {
    if (!call_ || pipe_->outcome()) return;
    if (const auto target = target_.lock()) target->cancel(call_);
}

}  // namespace rollcall::rpc::detail
