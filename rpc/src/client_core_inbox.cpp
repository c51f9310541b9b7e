// How calls get into a client, from any thread and from its own.

#include "client_core.h"

#include <asio/post.hpp>

#include <iterator>
#include <utility>

namespace rollcall::rpc {
namespace {

// For how many calls pump() keeps memory.
constexpr std::size_t kKeptCalls = 1024;

}  // namespace

// ---- any thread

void ClientCore::submit(CallPtr call) {
    calls_.fetch_add(1, std::memory_order_relaxed);
    if (thread_->is_current()) return submit_here(std::move(call));
    std::unique_lock lock{mutex_};
    const bool full = inbox_.size() >= options_.max_queued;
    if (stopped_ || full) {
        lock.unlock();
        return fail_here(
            *call,
            full ? Errc::overloaded : Errc::shutting_down,
            full ? "too many calls wait in this client" : "this client has been stopped",
            Sent::not_sent
        );
    }
    if (!begun_) begin();
    inbox_.push_back(std::move(call));
    if (pump_scheduled_.exchange(true, std::memory_order_release)) return;
    lock.unlock();
    if (const Self self = self_.lock()) schedule_pump(self);
}

void ClientCore::submit_here(CallPtr call) {
    if (shut_) {
        return fail_here(
            *call, Errc::shutting_down, "this client has been stopped", Sent::not_sent
        );
    }
    if (inbox_here_.size() >= options_.max_queued) {
        return fail_here(
            *call, Errc::overloaded, "too many calls wait in this client", Sent::not_sent
        );
    }
    if (!begun_.load(std::memory_order_acquire)) {
        const std::lock_guard lock{mutex_};
        if (!begun_) begin();
    }
    const bool is_first = inbox_here_.empty();
    take_inbox(inbox_here_);
    inbox_here_.push_back(std::move(call));
    if (!is_first) return;
    if (const Self self = self_.lock()) turn_pump_.run_soon(self);
}

void ClientCore::take_inbox(std::vector<CallPtr>& calls) {
    if (!pump_scheduled_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock{mutex_};
    pump_scheduled_.store(false, std::memory_order_relaxed);
    if (calls.empty()) return calls.swap(inbox_);
    std::move(inbox_.begin(), inbox_.end(), std::back_inserter(calls));
    inbox_.clear();
}

void ClientCore::TurnPump::run_soon(const Self& core) {
    if (core_) return;
    core_ = core;
    core->thread_->turns().push(*this);
}

void ClientCore::TurnPump::run() {
    const Self core = std::move(core_);
    core->pump();
}

void ClientCore::schedule_pump(const Self& self) {
    asio::post(self->thread_->context(), [self] { self->pump(); });
}

void ClientCore::cancel(const CallPtr& call) {
    const Self self = self_.lock();
    if (!self) return;
    asio::post(thread_->context(), [self, call] {
        self->end_call(call, Errc::cancelled, "the caller cancelled the call");
    });
}

// ---- the I/O thread

void ClientCore::pump() {
    // Taken out first: what ends here may ask for more.
    std::vector<CallPtr> calls = std::move(taken_);
    const TimePoint now = SteadyClock::now();
    calls.swap(inbox_here_);
    take_in(calls, now);
    take_inbox(calls);
    take_in(calls, now);
    if (calls.capacity() <= kKeptCalls) taken_ = std::move(calls);
    drive();
}

void ClientCore::take_in(std::vector<CallPtr>& calls, TimePoint now) {
    std::size_t accepted = 0;
    for (CallPtr& call : calls) {
        if (accept(call, accepted, now)) {
            ++accepted;
        } else {
            call.reset();
        }
    }
    // Not before: layers may have sent something else by the thread's output.
    send_or_queue(calls, now);
    calls.clear();
}

bool ClientCore::accept(const CallPtr& call, std::size_t ahead, TimePoint now) {
    const auto refuse_here = [&](Errc code, const char* why) {
        fail_here(*call, code, why, Sent::not_sent);
        return false;
    };
    if (call->done) return false;  // it was cancelled before it came
    if (shut_) return refuse_here(Errc::shutting_down, "this client has been stopped");
    if (call->deadline.expired(now))
        return refuse_here(Errc::timed_out, "the deadline had passed before the call began");
    if (waiting_.size() + entering_.size() + ahead >= options_.max_queued)
        return refuse_here(Errc::overloaded, "too many calls wait in this client");
    if (call->kind == Call::Kind::connection && connection_) {
        finish_ready(*call);
        return false;
    }
    if (!pass_layers(call)) return false;
    watch(call->deadline);
    return true;
}

}  // namespace rollcall::rpc
