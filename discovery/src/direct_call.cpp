#include <rollcall/base/catching.h>
#include <rollcall/discovery/direct_call.h>
#include <rollcall/rpc/call_target.h>
#include <rollcall/rpc/turn_queue.h>

#include "service_call.h"

#include <utility>

namespace rollcall::discovery {
namespace {

// Replies that were read together have come at the same time.
TimePoint time_of_arrival() {
    rpc::TurnQueue* const turns = rpc::TurnQueue::current();
    return turns == nullptr ? SteadyClock::now() : turns->turn_time();
}

}  // namespace

DirectCall::DirectCall(rpc::PackedInvocation&& packed, Deadline must_end, Kind awaited)
    : rpc::Call(std::move(packed), must_end, awaited), whole_(must_end) {
}

DirectCall::~DirectCall() {
    // It never ended: there was no memory to send it, or its loop has ended first.
    if (slot_) slot_->on_end(SteadyClock::now());
}

// ---- the first attempt

void DirectCall::start(Core core, rpc::CallPtr call, TimePoint now) {
    std::stop_token handler = rpc::detail::handler_stop_token();
    rpc::CallPtr stoppable;
    if (handler.stop_possible()) {
        static_cast<DirectCall&>(*call).let_watch();
        stoppable = call;
    }
    if (!go(core, call, now)) {
        const auto further = std::make_shared<ServiceCall>(core, call);
        static_cast<DirectCall&>(*call).become(further);
        ServiceCall::start(further);
    }
    if (!stoppable) return;
    rpc::detail::stop_with_handler(std::move(handler), stoppable, [stoppable] {
        cancel(stoppable);
    });
}

bool DirectCall::go(Core& core, rpc::CallPtr& call, TimePoint now) {
    auto& self = static_cast<DirectCall&>(*call);
    const bool may_go = self.kind == Kind::reply && core->goes_direct(self.invocation) &&
                        !core->is_stopped() && !self.whole_.expired(now);
    if (!may_go) return false;
    // A selector's exception comes again, and is told by who makes further attempts.
    const Result<Choice> choice = catching(Errc::no_instances, [&]() -> Result<Choice> {
        return core->choose({}, self.invocation.key(), now);
    });
    if (!choice || !choice->slot) return false;
    rpc::Client* const client = choice->slot->client();
    if (client == nullptr) return false;  // it has just left the list
    {
        const auto lock = self.lock_if_watched();
        if (self.cancelled_) return false;
        self.slot_ = choice->slot;
    }
    self.began_ = now;
    const bool is_only =
        choice->is_last || !self.invocation.is_idempotent() || core->options().max_attempts == 1;
    if (!is_only)
        self.deadline = deadline_of_one(self.whole_, core->options().attempt_timeout, now);
    self.invocation.limit_attempt(self.deadline.remaining(now));
    core->count_direct_call();
    choice->slot->on_attempt(now);
    self.core_ = std::move(core);
    self.submit(*client, std::move(call));
    return true;
}

void DirectCall::submit(rpc::Client& client, rpc::CallPtr&& call) {
    if (!watched_) return client.submit(std::move(call));
    client.submit(call);
    // Only now, so that a cancellation cannot overtake the submission.
    bool is_late = false;
    {
        const std::lock_guard lock{mutex_};
        if (!slot_) return;
        client_ = &client;
        is_late = cancelled_;
    }
    if (is_late) client.cancel(call);
}

void DirectCall::on_answer() noexcept {
    const Core core = std::move(core_);
    Slot slot;
    {
        const auto lock = lock_if_watched();
        slot = std::move(slot_);
        client_ = nullptr;
    }
    const TimePoint now = time_of_arrival();
    slot->on_success(began_, now);
    core->hedges()->on_answer(now - began_);
}

bool DirectCall::on_failure(Error& error) noexcept {
    const Core core = std::move(core_);
    const Slot slot = slot_;
    const TimePoint now = SteadyClock::now();
    if (slot->on_failure(error, began_, now)) core->plan_probe(slot);
    slot->on_end(now);
    deadline = whole_;
    if (!may_go_elsewhere(error.code())) {
        become(nullptr);
        return false;
    }
    add_reference();
    const auto further = std::make_shared<ServiceCall>(core, rpc::CallPtr{this}, error);
    become(further);
    ServiceCall::go_on(further, slot, std::move(error));
    return true;
}

// ---- what others do

void DirectCall::become(const std::shared_ptr<ServiceCall>& further) {
    Slot last;  // let go of without the lock
    bool cancelled = false;
    {
        const auto lock = lock_if_watched();
        last = std::move(slot_);
        slot_ = nullptr;
        client_ = nullptr;
        further_ = further;
        cancelled = cancelled_;
    }
    if (cancelled && further) ServiceCall::cancel(further);
}

void DirectCall::cancel(const rpc::CallPtr& call) {
    auto& self = static_cast<DirectCall&>(*call);
    Slot slot;
    rpc::Client* client = nullptr;
    std::shared_ptr<ServiceCall> further;
    {
        const std::lock_guard lock{self.mutex_};
        self.cancelled_ = true;
        slot = self.slot_;
        client = self.client_;
        further = self.further_.lock();
    }
    if (further) return ServiceCall::cancel(further);
    if (client != nullptr) client->cancel(call);
}

std::optional<Error> DirectCall::late_error(Sent sent) {
    Slot slot;
    std::shared_ptr<ServiceCall> further;
    {
        const std::lock_guard lock{mutex_};
        slot = slot_;
        further = further_.lock();
    }
    if (further) return further->late_error();
    if (!slot) return std::nullopt;
    return Error{Errc::timed_out, "no reply by the deadline"}
        .with_endpoint(slot->endpoint().to_string())
        .with_method(invocation.method())
        .with_sent(sent);
}

}  // namespace rollcall::discovery
