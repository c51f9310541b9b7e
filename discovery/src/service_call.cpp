#include "service_call.h"

#include <rollcall/base/catching.h>
#include <rollcall/base/random.h>

#include <algorithm>
#include <string>
#include <utility>

namespace rollcall::discovery {
namespace {

using Kind = rpc::Call::Kind;

// Between two rounds through all instances.
BackoffOptions pauses() {
    BackoffOptions options;
    options.min = std::chrono::milliseconds{10};
    options.max = std::chrono::milliseconds{200};
    return options;
}

rpc::PackedInvocation bounded(const rpc::PackedInvocation& invocation, Duration timeout) {
    return rpc::Invocation<void>{invocation}.within(timeout);
}

}  // namespace

// What the instance's client sees of a call.
class ServiceCall::Attempt final : public rpc::Call {
public:
    Attempt(Self call, SlotPtr slot, Deadline until, TimePoint now)
        : rpc::Call(
              bounded(call->outer_->invocation, until.remaining(now)), until, call->outer_->kind
          ),
          call_(std::move(call)),
          slot_(std::move(slot)),
          began_(now) {
        slot_->on_attempt(now);
    }

    // A notification that went out has no other end.
    ~Attempt() override {
        if (call_) slot_->on_end(SteadyClock::now());
    }

    void finish(codec::Bytes result) noexcept override {
        const Self call = std::exchange(call_, nullptr);
        const TimePoint now = SteadyClock::now();
        slot_->on_success(began_, now);
        slot_->on_end(now);
        call->forget_attempt();
        call->outer_->finish(result);
    }

    void fail(Error&& error) noexcept override {
        Self call = std::exchange(call_, nullptr);
        const TimePoint now = SteadyClock::now();
        if (slot_->on_failure(error, began_, now)) call->core_->plan_probe(slot_);
        slot_->on_end(now);
        call->forget_attempt();
        const auto& executor = call->core_->executor();
        // Not here: the client is in the middle of something, and so may be the caller.
        asio::post(
            executor,
            [call = std::move(call), slot = slot_, failure = std::move(error)]() mutable {
                on_failed(call, slot, std::move(failure));
            }
        );
    }

private:
    void destroy() noexcept override { delete this; }

    Self call_;
    const SlotPtr slot_;
    const TimePoint began_;
};

ServiceCall::ServiceCall(ServiceCore::Self core, rpc::CallPtr outer)
    : core_(std::move(core)), outer_(std::move(outer)), pauses_(pauses()) {
    if (outer_->invocation.is_idempotent()) core_->count_call();
}

void ServiceCall::next(const Self& self) {
    // A selector's exception, or no memory; whoever woke this call has others to wake.
    const Result<void> decided = catching(Errc::no_instances, [&]() -> Result<void> {
        decide(self);
        return {};
    });
    if (!decided)
        self->end(Error{Errc::no_instances, "choosing one failed: " + decided.error().message()});
}

void ServiceCall::decide(const Self& self) {
    const TimePoint now = SteadyClock::now();
    if (self->core_->is_stopped())
        return self->end(Error{Errc::shutting_down, "this service client has been stopped"});
    if (self->is_cancelled())
        return self->end(Error{Errc::cancelled, "the caller cancelled the call"});
    const Choice choice = self->core_->choose(self->tried_, self->outer_->invocation.key(), now);
    if (self->outer_->deadline.expired(now))
        return self->end(self->no_time_left(choice.none_known));
    choice.slot ? attempt(self, choice, now) : wait(self, choice, now);
}

void ServiceCall::wait(const Self& self, const Choice& choice, TimePoint now) {
    TimePoint until = self->outer_->deadline.point();
    if (choice.none_known) {
        self->core_->discovery().hurry();
    } else {
        // All were tried: once more, after a pause.
        self->tried_.clear();
        until = std::min(until, now + self->pauses_.next(random_unit()));
    }
    const bool waits = WaitingRoom::wait(
        self->core_->room(), self.get(), until, choice.version, [self] { next(self); }
    );
    if (!waits)
        self->end(Error{Errc::overloaded, "too many calls wait for an instance in this client"});
    // A cancellation that came before it waited has woken nobody.
    if (waits && self->is_cancelled()) WaitingRoom::wake(self->core_->room(), self.get());
}

void ServiceCall::attempt(const Self& self, const Choice& choice, TimePoint now) {
    unsigned number = 0;
    {
        const std::lock_guard lock{self->mutex_};
        number = ++self->current_number_;
        ++self->attempts_;
        self->under_way_ = true;
    }
    const rpc::CallPtr attempt{
        new Attempt{self, choice.slot, self->attempt_deadline(choice.is_last, now), now}};
    rpc::Client* const client = choice.slot->client();
    if (client == nullptr)
        return attempt->fail(Error{Errc::shutting_down, "the instance has left the list"});
    client->submit(attempt);
    if (self->outer_->kind == Kind::nothing) return;
    // Only now, so that a cancellation cannot overtake the submission.
    bool cancel_now = false;
    {
        const std::lock_guard lock{self->mutex_};
        if (self->current_number_ != number) return;  // it is over already
        self->current_ = attempt;
        self->current_slot_ = choice.slot;
        cancel_now = self->cancelled_;
    }
    if (cancel_now) client->cancel(attempt);
}

Deadline ServiceCall::attempt_deadline(bool is_last, TimePoint now) {
    const Deadline all = outer_->deadline;
    if (outer_->kind == Kind::connection) {
        const Deadline one =
            all.earlier(Deadline::in(core_->options().client.connect_timeout, now));
        return is_last || all.is_never() ? one
                                         : one.earlier(Deadline::in(all.remaining(now) / 2, now));
    }
    const std::lock_guard lock{mutex_};
    const bool may_follow = outer_->kind == Kind::reply && outer_->invocation.is_idempotent() &&
                            !is_last && exposed_ + 1 < core_->options().max_attempts;
    if (!may_follow) return all;
    const Duration fixed = core_->options().attempt_timeout;
    if (fixed > Duration::zero()) return all.earlier(Deadline::in(fixed, now));
    return all.is_never() ? all : Deadline::in(all.remaining(now) / 2, now);
}

void ServiceCall::forget_attempt() {
    rpc::CallPtr over;  // let go of without the lock
    SlotPtr slot;
    const std::lock_guard lock{mutex_};
    ++current_number_;
    under_way_ = false;
    std::swap(over, current_);
    std::swap(slot, current_slot_);
}

void ServiceCall::on_failed(const Self& self, const SlotPtr& slot, Error error) {
    {
        const std::lock_guard lock{self->mutex_};
        if (error.sent() == Sent::maybe_sent) ++self->exposed_;
        self->last_error_ = error;
    }
    if (!may_go_elsewhere(error.code())) return self->end(std::move(error));
    // next() would say the same, without what is known of this attempt.
    if (self->core_->is_stopped() && error.code() != Errc::shutting_down)
        error = Error{Errc::shutting_down, "this service client was stopped: " + error.message()};
    const bool again = !self->core_->is_stopped() && !self->is_cancelled() &&
                       !self->outer_->deadline.expired() && self->may_repeat(error);
    if (!again) return self->end(std::move(error));
    self->tried_.push_back(slot);
    next(self);
}

bool ServiceCall::may_repeat(const Error& error) {
    if (error.sent() == Sent::not_sent) return true;
    if (!outer_->invocation.is_idempotent()) return false;
    {
        const std::lock_guard lock{mutex_};
        if (exposed_ >= core_->options().max_attempts) return false;
    }
    return error.code() != Errc::timed_out || core_->take_retry();
}

bool ServiceCall::is_cancelled() {
    const std::lock_guard lock{mutex_};
    return cancelled_;
}

void ServiceCall::cancel(const Self& self) {
    rpc::CallPtr attempt;
    SlotPtr slot;
    {
        const std::lock_guard lock{self->mutex_};
        self->cancelled_ = true;
        attempt = self->current_;
        slot = self->current_slot_;
    }
    if (attempt) {
        if (rpc::Client* const client = slot->client()) client->cancel(attempt);
    } else {
        WaitingRoom::wake(self->core_->room(), self.get());
    }
}

Error ServiceCall::no_time_left(bool none_known) {
    const std::lock_guard lock{mutex_};
    const Sent sent = exposed_ > 0 ? Sent::maybe_sent : Sent::not_sent;
    if (none_known) return Error{Errc::no_instances, core_->why_none()}.with_sent(sent);
    if (!last_error_)
        return Error{Errc::timed_out, "the deadline passed before the call began"}.with_sent(sent);
    std::string message = last_error_->message();
    message += " (" + std::to_string(attempts_) + " attempts until the deadline)";
    return Error{last_error_->code(), std::move(message)}
        .with_endpoint(last_error_->endpoint())
        .with_sent(sent);
}

Error ServiceCall::late_error() {
    {
        const std::lock_guard lock{mutex_};
        if (under_way_) {
            Error error{Errc::timed_out, "no reply by the deadline"};
            if (current_slot_) error.set_endpoint(current_slot_->endpoint().to_string());
            error.set_method(outer_->invocation.method()).set_sent(Sent::maybe_sent);
            return error;
        }
    }
    return no_time_left(core_->list()->slots.empty()).with_method(outer_->invocation.method());
}

void ServiceCall::end(Error error) {
    {
        const std::lock_guard lock{mutex_};
        if (exposed_ > 0) error.set_sent(Sent::maybe_sent);
    }
    if (error.method().empty()) error.set_method(outer_->invocation.method());
    outer_->fail(std::move(error));
}

}  // namespace rollcall::discovery
