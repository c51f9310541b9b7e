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

}  // namespace

// What the instance's client sees of a call.
class ServiceCall::Attempt final : public rpc::Call {
public:
    Attempt(Self call, unsigned number, SlotPtr slot, Deadline until, TimePoint now)
        : rpc::Call(
              call->outer_->invocation.limited(until.remaining(now)), until, call->outer_->kind
          ),
          call_(std::move(call)),
          number_(number),
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
        call->core_->hedges()->on_answer(now - began_);
        std::vector<AttemptBook::Running> rest;
        if (!call->book_.win(number_, rest)) return;
        call->outer_->finish(result);
        cancel_all(rest);
    }

    void fail(Error&& error) noexcept override {
        Self call = std::exchange(call_, nullptr);
        const TimePoint now = SteadyClock::now();
        if (slot_->on_failure(error, began_, now)) call->core_->plan_probe(slot_);
        slot_->on_end(now);
        const AttemptBook::AfterFailure after = call->book_.fail(number_, error);
        if (after == AttemptBook::AfterFailure::is_over) return on_lost(*call, error, now);
        decide_later(call, slot_, std::move(error), after);
    }

private:
    void destroy() noexcept override { delete this; }

    // The other attempt was answered first. That this one took so long, and perhaps longer, is all
    // that will ever be known of it.
    void on_lost(ServiceCall& call, const Error& error, TimePoint now) {
        if (error.code() != Errc::cancelled || call.book_.is_cancelled()) return;
        call.core_->hedges()->on_answer(now - began_);
        if (slot_->on_lost(began_, now)) call.core_->plan_probe(slot_);
    }

    Self call_;
    const unsigned number_;
    const SlotPtr slot_;
    const TimePoint began_;
};

ServiceCall::ServiceCall(ServiceCore::Self core, rpc::CallPtr outer)
    : core_(std::move(core)), outer_(std::move(outer)), pauses_(pauses()) {
    core_->count_call();
    if (outer_->invocation.is_idempotent()) core_->hedges()->on_call();
}

ServiceCall::ServiceCall(ServiceCore::Self core, rpc::CallPtr outer, const Error& error)
    : core_(std::move(core)), outer_(std::move(outer)), pauses_(pauses()), book_(error) {
}

void ServiceCall::go_on(const Self& self, const SlotPtr& slot, Error error) {
    decide_later(self, slot, std::move(error), AttemptBook::AfterFailure::decide);
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

Choice ServiceCall::choose(const std::vector<SlotPtr>& tried, TimePoint now) {
    return core_->choose(tried, outer_->invocation.key(), now);
}

void ServiceCall::decide(const Self& self) {
    const TimePoint now = SteadyClock::now();
    if (self->core_->is_stopped())
        return self->end(Error{Errc::shutting_down, "this service client has been stopped"});
    if (self->book_.is_cancelled())
        return self->end(Error{Errc::cancelled, "the caller cancelled the call"});
    const Choice choice = self->choose(self->tried_, now);
    if (self->outer_->deadline.expired(now))
        return self->end(self->no_time_left(choice.none_known));
    choice.slot ? attempt(self, choice, now) : wait(self, choice, now);
}

void ServiceCall::wait(const Self& self, const Choice& choice, TimePoint now) {
    self->core_->tally().add(CallTally::wait);
    TimePoint until = self->outer_->deadline.point();
    if (choice.none_known) {
        self->core_->discovery().hurry();
    } else {
        // All were tried: once more, after a pause.
        self->tried_.clear();
        until = std::min(until, now + self->pauses_.next(random_unit()));
    }
    const Awaits what = choice.none_known ? Awaits::news : Awaits::newcomers;
    const bool waits = WaitingRoom::wait(
        self->core_->room(), self.get(), until, choice.news, what, [self] { next(self); }
    );
    if (!waits)
        self->end(Error{Errc::overloaded, "too many calls wait for an instance in this client"});
    // A cancellation that came before it waited has woken nobody.
    if (waits && self->book_.is_cancelled()) WaitingRoom::wake(self->core_->room(), self.get());
}

void ServiceCall::attempt(const Self& self, const Choice& choice, TimePoint now) {
    const Deadline until = self->attempt_deadline(choice.is_last, now);
    const unsigned number = self->book_.begin(choice.slot);
    self->core_->tally().add(CallTally::attempt);
    if (number > 1) self->core_->tally().add(CallTally::further_attempt);
    const rpc::CallPtr attempt{new Attempt{self, number, choice.slot, until, now}};
    rpc::Client* const client = choice.slot->client();
    if (client == nullptr)
        return attempt->fail(Error{Errc::shutting_down, "the instance has left the list"});
    client->submit(attempt);
    if (self->outer_->kind == Kind::nothing) return;
    // Only now, so that a cancellation cannot overtake the submission.
    if (self->book_.submitted(number, *client, attempt)) client->cancel(attempt);
    plan_hedge(self, number, choice.is_last, now);
}

// ---- hedging

bool ServiceCall::may_have_another() const {
    return outer_->kind == Kind::reply && outer_->invocation.is_idempotent() &&
           book_.exposed() + 1 < core_->options().max_attempts;
}

void ServiceCall::plan_hedge(const Self& self, unsigned number, bool is_last, TimePoint now) {
    const Hedges::Self& hedges = self->core_->hedges();
    if (!hedges->is_on() || is_last || !self->may_have_another()) return;
    Hedges::plan(hedges, now, self->outer_->deadline.point(), [weak = std::weak_ptr{self}, number] {
        if (const Self call = weak.lock()) hedge(call, number);
    });
}

void ServiceCall::hedge(const Self& self, unsigned number) {
    const SlotPtr slow = self->book_.alone(number);
    if (!slow || self->core_->is_stopped() || self->outer_->deadline.expired()) return;
    const TimePoint now = SteadyClock::now();
    std::vector<SlotPtr> tried = self->tried_;
    tried.push_back(slow);
    const Result<Choice> choice =
        catching(Errc::no_instances, [&]() -> Result<Choice> { return self->choose(tried, now); });
    // One that is avoided would not be faster.
    if (!choice || !choice->slot || choice->slot->is_avoided()) return;
    if (!self->core_->hedges()->take()) return;
    self->core_->tally().add(CallTally::hedge);
    attempt(self, *choice, now);
}

// ---- after an attempt

Deadline ServiceCall::attempt_deadline(bool is_last, TimePoint now) {
    const Deadline all = outer_->deadline;
    if (outer_->kind == Kind::connection) {
        const Deadline one =
            all.earlier(Deadline::in(core_->options().client.connect_timeout, now));
        return is_last || all.is_never() ? one
                                         : one.earlier(Deadline::in(all.remaining(now) / 2, now));
    }
    if (is_last || !may_have_another()) return all;
    return deadline_of_one(all, core_->options().attempt_timeout, now);
}

// Not at once: a client is in the middle of something, and so may be the caller.
void ServiceCall::decide_later(
    const Self& self, const SlotPtr& slot, Error error, AttemptBook::AfterFailure after
) {
    const auto& executor = self->core_->executor();
    asio::post(executor, [call = self, slot, failure = std::move(error), after]() mutable {
        on_failed(call, slot, std::move(failure), after);
    });
}

void ServiceCall::on_failed(
    const Self& self, const SlotPtr& slot, Error error, AttemptBook::AfterFailure after
) {
    if (!may_go_elsewhere(error.code())) return self->end(std::move(error));
    self->tried_.push_back(slot);
    if (after == AttemptBook::AfterFailure::others_run) return;
    // next() would say the same, without what is known of this attempt.
    if (self->core_->is_stopped() && error.code() != Errc::shutting_down)
        error = Error{Errc::shutting_down, "this service client was stopped: " + error.message()};
    const bool again = !self->core_->is_stopped() && !self->book_.is_cancelled() &&
                       !self->outer_->deadline.expired() && self->may_repeat(error);
    if (!again) return self->end(std::move(error));
    next(self);
}

bool ServiceCall::may_repeat(const Error& error) {
    const bool is_unsent = error.sent() == Sent::not_sent;
    if (!is_unsent && !outer_->invocation.is_idempotent()) return false;
    if (error.code() == Errc::overloaded) return core_->take_retry();
    if (is_unsent) return true;
    if (book_.exposed() >= core_->options().max_attempts) return false;
    return error.code() != Errc::timed_out || core_->take_retry();
}

void ServiceCall::cancel_all(const std::vector<AttemptBook::Running>& attempts) {
    for (const AttemptBook::Running& each : attempts) {
        // One that is being submitted sees it afterwards.
        if (each.client != nullptr) each.client->cancel(each.call);
    }
}

void ServiceCall::cancel(const Self& self) {
    const std::vector<AttemptBook::Running> running = self->book_.cancel();
    cancel_all(running);
    if (running.empty()) WaitingRoom::wake(self->core_->room(), self.get());
}

// ---- the end

Error ServiceCall::no_time_left(bool none_known) {
    const AttemptBook::Account account = book_.account();
    const Sent sent = account.exposed > 0 ? Sent::maybe_sent : Sent::not_sent;
    if (none_known) return Error{Errc::no_instances, core_->why_none()}.with_sent(sent);
    if (!account.last_error)
        return Error{Errc::timed_out, "the deadline passed before the call began"}.with_sent(sent);
    std::string message = account.last_error->message();
    message += " (" + std::to_string(account.attempts) + " attempts until the deadline)";
    return Error{account.last_error->code(), std::move(message)}
        .with_endpoint(account.last_error->endpoint())
        .with_sent(sent);
}

Error ServiceCall::late_error() {
    const AttemptBook::Account account = book_.account();
    if (account.under_way) {
        Error error{Errc::timed_out, "no reply by the deadline"};
        error.set_endpoint(account.slot->endpoint().to_string());
        error.set_method(outer_->invocation.method()).set_sent(Sent::maybe_sent);
        return error;
    }
    return no_time_left(core_->list()->slots.empty()).with_method(outer_->invocation.method());
}

void ServiceCall::end(Error error) {
    std::vector<AttemptBook::Running> rest;
    if (!book_.end(rest)) return;
    if (book_.exposed() > 0) error.set_sent(Sent::maybe_sent);
    if (error.method().empty()) error.set_method(outer_->invocation.method());
    outer_->fail(std::move(error));
    cancel_all(rest);
}

}  // namespace rollcall::discovery
