#include "broadcast_call.h"

#include <asio/post.hpp>

#include <utility>

namespace rollcall::discovery {

// What one instance's client sees of it.
class BroadcastCall::Attempt final : public rpc::Call {
public:
    Attempt(Self broadcast, std::size_t index, SlotPtr slot, TimePoint now)
        : rpc::Call(
              broadcast->invocation_.limited(broadcast->deadline_.remaining(now)),
              broadcast->deadline_
          ),
          broadcast_(std::move(broadcast)),
          index_(index),
          slot_(std::move(slot)),
          began_(now) {
        slot_->on_attempt(now);
    }

    // It never ended: there was no memory to send it, or its loop has ended first.
    ~Attempt() override {
        if (broadcast_) slot_->on_end(SteadyClock::now());
    }

    void finish(codec::Bytes result) noexcept override {
        const TimePoint now = SteadyClock::now();
        slot_->on_success(began_, now);
        on_end(std::exchange(broadcast_, nullptr), index_, std::string{result});
    }

    void fail(Error&& error) noexcept override {
        const TimePoint now = SteadyClock::now();
        if (slot_->on_failure(error, began_, now)) broadcast_->core_->plan_probe(slot_);
        slot_->on_end(now);
        on_end(std::exchange(broadcast_, nullptr), index_, std::move(error));
    }

private:
    void destroy() noexcept override { delete this; }

    Self broadcast_;
    const std::size_t index_;
    const SlotPtr slot_;
    const TimePoint began_;
};

BroadcastCall::BroadcastCall(
    ServiceCore::Self core,
    rpc::PackedInvocation invocation,
    Deadline deadline,
    BroadcastOptions options,
    std::shared_ptr<BroadcastWaiter> waiter
)
    : core_(std::move(core)),
      invocation_(std::move(invocation)),
      deadline_(deadline),
      options_(options),
      waiter_(std::move(waiter)),
      began_(SteadyClock::now()) {
    core_->tally().add(CallTally::call);
}

void BroadcastCall::fail(Error error) {
    waiter_->complete(std::move(error).with_method(invocation_.method()));
}

void BroadcastCall::start(const Self& self) {
    if (self->core_->is_stopped())
        return self->fail(Error{Errc::shutting_down, "this service client has been stopped"});
    {
        const std::lock_guard lock{self->mutex_};
        if (self->over_)
            return self->fail(Error{Errc::cancelled, "the caller cancelled the broadcast"});
    }
    const std::uint64_t news = self->core_->news();
    const auto list = self->core_->list();
    if (!list->slots.empty()) return send_all(self, *list);
    if (self->deadline_.expired())
        return self->fail(Error{Errc::no_instances, self->core_->why_none()});
    self->core_->discovery().hurry();
    const bool waits = WaitingRoom::wait(
        self->core_->room(),
        self.get(),
        self->deadline_.point(),
        news,
        Awaits::news,
        [self] { start(self); }
    );
    if (!waits)
        self->fail(Error{Errc::overloaded, "too many calls wait for an instance in this client"});
    // A cancellation that came before it waited has woken nobody.
    const std::lock_guard lock{self->mutex_};
    if (waits && self->over_) WaitingRoom::wake(self->core_->room(), self.get());
}

void BroadcastCall::send_all(const Self& self, const SlotList& list) {
    {
        const std::lock_guard lock{self->mutex_};
        for (std::size_t i = 0; i < list.slots.size(); ++i) {
            self->parts_.push_back({list.slots[i], nullptr, {}});
            self->replies_.push_back({list.instance(i)});
        }
    }
    send_more(self);
}

void BroadcastCall::send_more(const Self& self) {
    for (;;) {
        std::size_t next = 0;
        {
            const std::lock_guard lock{self->mutex_};
            const std::size_t under_way = self->sent_ - self->succeeded_ - self->failed_;
            const std::size_t most = self->options_.parallel;
            const bool has_room = most == 0 || under_way < most || self->over_;
            if (self->sent_ == self->parts_.size() || !has_room) return;
            next = self->sent_++;
        }
        send(self, next);
    }
}

void BroadcastCall::send(const Self& self, std::size_t index) {
    SlotPtr slot;
    bool over = false;
    {
        const std::lock_guard lock{self->mutex_};
        slot = self->parts_[index].slot;
        over = self->over_;
    }
    const auto end = [&](Errc code, const char* why) { on_end(self, index, Error{code, why}); };
    if (over) return end(Errc::cancelled, "the broadcast had ended before it was sent there");
    // The instance has no part in that, and its record shows none.
    if (self->deadline_.expired())
        return end(Errc::timed_out, "the deadline passed before it was sent there");
    rpc::Client* const client = slot->client();
    if (client == nullptr) return end(Errc::shutting_down, "the instance has left the list");
    const rpc::CallPtr attempt{new Attempt{self, index, slot, SteadyClock::now()}};
    self->core_->tally().add(CallTally::attempt);
    client->submit(attempt);
    // Only now, so that a cancellation cannot overtake the submission.
    {
        const std::lock_guard lock{self->mutex_};
        Part& part = self->parts_[index];
        if (part.ended) return;
        part.client = client;
        part.attempt = attempt;
        over = self->over_;
    }
    if (over) client->cancel(attempt);
}

void BroadcastCall::on_end(const Self& self, std::size_t index, Result<std::string> result) {
    rpc::CallPtr ended;  // let go of without the lock
    bool decided = false;
    bool has_more = false;
    std::optional<std::vector<PackedReply>> all;
    {
        const std::lock_guard lock{self->mutex_};
        Part& part = self->parts_[index];
        part.ended = true;
        std::swap(ended, part.attempt);
        ++(result ? self->succeeded_ : self->failed_);
        PackedReply& reply = self->replies_[index];
        reply.result = std::move(result);
        reply.elapsed = SteadyClock::now() - self->began_;
        const std::size_t count = self->parts_.size();
        decided =
            !self->over_ && self->options_.until.is_met(count, self->succeeded_, self->failed_);
        self->over_ = self->over_ || decided;
        has_more = self->sent_ < count;
        if (self->succeeded_ + self->failed_ == count) all = std::move(self->replies_);
    }
    if (all) return self->waiter_->complete(*std::move(all));
    if (decided) cancel_rest(self);
    // Elsewhere: what ends at once, one after the other, must not become one deep stack.
    if (has_more) asio::post(self->core_->executor(), [self] { send_more(self); });
}

std::optional<PackedReplies> BroadcastCall::late_replies() {
    const std::lock_guard lock{mutex_};
    if (parts_.empty()) {
        return Error{Errc::no_instances, core_->why_none()}.with_method(invocation_.method());
    }
    if (succeeded_ + failed_ == parts_.size()) return std::nullopt;
    std::vector<PackedReply> replies = replies_;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i].ended) continue;
        replies[i].elapsed = SteadyClock::now() - began_;
        replies[i].result = Error{Errc::timed_out, "no reply by the deadline"}
                                .with_method(invocation_.method())
                                .with_endpoint(parts_[i].slot->endpoint().to_string())
                                .with_sent(Sent::maybe_sent);
    }
    return replies;
}

void BroadcastCall::cancel_rest(const Self& self) {
    std::vector<Part> under_way;
    {
        const std::lock_guard lock{self->mutex_};
        for (const Part& part : self->parts_) {
            if (part.attempt) under_way.push_back(part);
        }
    }
    for (const Part& part : under_way)
        part.client->cancel(part.attempt);
}

void BroadcastCall::cancel(const Self& self) {
    {
        const std::lock_guard lock{self->mutex_};
        self->over_ = true;
    }
    WaitingRoom::wake(self->core_->room(), self.get());
    cancel_rest(self);
}

}  // namespace rollcall::discovery
