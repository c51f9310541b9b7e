#include "prober.h"

#include <rollcall/rpc/call.h>

#include "retry.h"

#include <asio/post.hpp>

#include <utility>

namespace rollcall::discovery {
namespace {

constexpr std::string_view kMethod = "$/ping";

// A plain server does not get it, because it would not know it: what carries metadata waits for the
// answer to the hello, and fails where that has agreed to none. That answer is the sign of life; on
// a connection that is open already the connection itself is.
rpc::Invocation<void> ping(Duration patience) {
    return rpc::Invocation<void>{rpc::PackedInvocation::pack(kMethod)}.within(patience).with(
        "probe", "1"
    );
}

}  // namespace

// What the instance's client sees of it.
class Prober::Probe final : public rpc::Call {
public:
    Probe(Self prober, std::shared_ptr<InstanceSlot> slot, Duration patience, TimePoint now)
        : rpc::Call(ping(patience), Deadline::in(patience, now)),
          prober_(std::move(prober)),
          slot_(std::move(slot)),
          began_(now) {}

    void finish(codec::Bytes /*result*/) noexcept override { slot_->on_alive(SteadyClock::now()); }

    void fail(Error&& error) noexcept override {
        const TimePoint now = SteadyClock::now();
        if (error.code() == Errc::cancelled || error.code() == Errc::shutting_down) return;
        if (!blames_instance(error.code())) {
            slot_->on_alive(now);
        } else if (slot_->on_failure(error, began_, now)) {
            plan(prober_, slot_);
        }
    }

private:
    void destroy() noexcept override { delete this; }

    const Self prober_;
    const std::shared_ptr<InstanceSlot> slot_;
    const TimePoint began_;
};

Prober::Prober(const asio::any_io_executor& executor, Duration patience)
    : executor_(executor), patience_(patience), timer_(executor) {
}

void Prober::plan(const Self& self, const std::shared_ptr<InstanceSlot>& slot) {
    asio::post(self->executor_, [self, at = slot->probe_at(), weak = std::weak_ptr{slot}] {
        if (self->closed_) return;
        self->plans_.add(at, weak);
        arm(self);
    });
}

void Prober::close(const Self& self) {
    asio::post(self->executor_, [self] {
        self->closed_ = true;
        self->plans_ = {};
        self->timer_.cancel();
    });
}

void Prober::arm(const Self& self) {
    const TimePoint next = self->plans_.next();
    if (next >= self->armed_) return;
    self->armed_ = next;
    self->timer_.expires_at(next);
    self->timer_.async_wait([self](const asio::error_code& ec) {
        if (!ec) send_due(self);
    });
}

void Prober::send_due(const Self& self) {
    self->armed_ = TimePoint::max();
    const auto due = self->plans_.take_due(SteadyClock::now());
    arm(self);
    for (const auto& each : due) {
        const auto slot = each.lock();
        if (slot && slot->is_avoided()) send(self, slot);
    }
}

void Prober::send(const Self& self, const std::shared_ptr<InstanceSlot>& slot) {
    rpc::Client* const client = slot->client();
    if (client == nullptr) return;
    const TimePoint now = SteadyClock::now();
    client->submit(rpc::CallPtr{new Probe{self, slot, self->patience_, now}});
}

}  // namespace rollcall::discovery
