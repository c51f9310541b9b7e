#pragma once
// Where calls go: the client of one server, or the connection of one peer. Users need client.h or
// peer.h only.

#include <rollcall/rpc/call.h>

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/async_result.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace rollcall::rpc {

// Thread safety: any thread.
class CallTarget {
public:
    CallTarget() = default;
    CallTarget(const CallTarget&) = delete;
    CallTarget& operator=(const CallTarget&) = delete;
    virtual ~CallTarget() = default;

    // Before anybody else knows of the call: what stands around it sees it, on this thread.
    virtual void prepare(const CallPtr& call) { static_cast<void>(call); }

    // Ends the call by its finish() or fail(), as Call says.
    virtual void submit(CallPtr call) = 0;
    // Ends it with `cancelled` unless it is over. Only after its submit() has returned, or on the
    // thread that submits it.
    virtual void cancel(const CallPtr& call) = 0;

    // Where completions run that name no executor.
    [[nodiscard]] virtual const asio::any_io_executor& executor() const noexcept = 0;
    // Of calls that name none.
    [[nodiscard]] virtual Duration call_timeout() const = 0;
    // "127.0.0.1:9000".
    [[nodiscard]] virtual std::string target_name() const = 0;
};

using CallTargetPtr = std::shared_ptr<CallTarget>;

namespace detail {

// How long a blocking caller gives the I/O thread to end a call whose deadline has passed.
inline constexpr Duration kBlockingGrace = std::chrono::milliseconds{4};

// The deadline of a call that begins now; what it inherits is added to the invocation.
// `call_timeout` counts if it names none.
[[nodiscard]] Deadline begin_call(
    Duration call_timeout, PackedInvocation& invocation, TimePoint now = SteadyClock::now()
);
// What makes a blocking call impossible here, if anything.
[[nodiscard]] std::optional<Error> why_not_block(
    const CallTarget& target, const PackedInvocation& invocation
);
// For a blocking caller who waits no longer.
[[nodiscard]] Error unanswered(const CallTarget& target, const Call& call, Sent sent);
// What asks the handler to stop that runs on this thread; of nobody's if none does. Taken before
// the call is submitted: its end may end the handler.
[[nodiscard]] std::stop_token handler_stop_token();
// Has the call cancelled when `handler` is told to stop. Behind submit(): what ends a call at once
// must not meet who cancels it.
void stop_with_handler(std::stop_token handler, const CallPtr& call, std::function<void()> cancel);
void stop_with_handler(std::stop_token handler, const CallTargetPtr& target, const CallPtr& call);

[[nodiscard]] inline Deadline with_grace(Deadline deadline) {
    return deadline.is_never() ? deadline : Deadline::at(deadline.point() + kBlockingGrace);
}

template <class R>
[[nodiscard]] Result<R> wait_for(
    const CallTargetPtr& target,
    PackedInvocation&& invocation,
    Deadline deadline,
    Call::Kind kind = Call::Kind::reply
) {
    auto* call = new BlockingCall<R>{std::move(invocation), deadline, kind};
    const CallPtr mine{call};
    target->prepare(mine);
    std::stop_token handler = handler_stop_token();
    target->submit(mine);
    stop_with_handler(std::move(handler), target, mine);
    if (auto result = call->wait(with_grace(deadline))) return std::move(*result);
    return unanswered(*target, *call, call->give_up());
}

template <class R>
[[nodiscard]] Result<R> call_blocking(const CallTargetPtr& target, Invocation<R>&& invocation) {
    if (auto error = why_not_block(*target, invocation)) return std::move(*error);
    const Deadline deadline = begin_call(target->call_timeout(), invocation);
    return wait_for<R>(target, std::move(invocation), deadline);
}

template <class R, class Handler>
void start_call(const CallTargetPtr& target, Invocation<R>&& invocation, Handler&& handler) {
    // The clock starts here, when the call is awaited, not where the expression was written.
    const Deadline deadline = begin_call(target->call_timeout(), invocation);
    auto slot = asio::get_associated_cancellation_slot(handler);
    using Decayed = std::decay_t<Handler>;
    CallPtr call = AsyncCall<R, Decayed>::make(
        std::move(invocation), deadline, Decayed{std::forward<Handler>(handler)}, target->executor()
    );
    target->prepare(call);
    if (slot.is_connected()) {
        // The slot only posts: the call ends on the target's thread like any other.
        slot.assign([weak = std::weak_ptr<CallTarget>{target}, call](asio::cancellation_type) {
            if (const auto alive = weak.lock()) alive->cancel(call);
        });
    }
    std::stop_token stop = handler_stop_token();
    if (!stop.stop_possible()) return target->submit(std::move(call));
    target->submit(call);
    stop_with_handler(std::move(stop), target, call);
}

template <class R, class Token>
auto call_async(const CallTargetPtr& target, Invocation<R>&& invocation, Token&& token) {
    return asio::async_initiate<Token, void(Result<R>)>(
        // The target by value: a coroutine that another thread resumes may end, and its frame with
        // what was given here, before this returns.
        [](auto handler, CallTargetPtr to, Invocation<R>&& packed) {
            start_call<R>(to, std::move(packed), std::move(handler));
        },
        token,
        target,
        std::move(invocation)
    );
}

template <class R>
void send_notification(const CallTargetPtr& target, Invocation<R>&& invocation) {
    static_assert(!kIsStreamed<R>, "this method is a stream: open() it instead of notifying");
    const Deadline deadline = begin_call(target->call_timeout(), invocation);
    const CallPtr call{new NotifyCall{std::move(invocation), deadline}};
    target->prepare(call);
    target->submit(call);
}

}  // namespace detail
}  // namespace rollcall::rpc
