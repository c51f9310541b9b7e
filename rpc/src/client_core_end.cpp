// How calls of a client end that are not answered: late, lost, cancelled, or with the client.

#include "client_core.h"
#include "latch.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

// How long a stopping client waits for an I/O thread that does not answer.
constexpr Duration kStopPatience = std::chrono::seconds{2};

}  // namespace

void ClientCore::stop(const Self& self) {
    {
        const std::lock_guard lock{self->mutex_};
        self->stopped_ = true;
    }
    const auto closed = std::make_shared<Latch>();
    const bool waits = !IoThreads::on_io_thread();
    asio::post(self->thread_->context(), [self, closed, waits] {
        self->shut();
        // Behind the handlers that shut() has aborted and the completions that it has posted. If
        // somebody waits, the aborted ones have let go of the core by then, so that the waiter, not
        // the I/O thread, is the last to hold it. If nobody does, it is held until then: with it
        // the loop may end, and the completions would be lost.
        // Handlers that this has stopped have had their turn to end: none goes on any more.
        Self keep = waits ? nullptr : self;
        auto behind = [closed, load = self->host_->load, keep = std::move(keep)] {
            load->over.store(true, std::memory_order_release);
            closed->open();
        };
        asio::post(self->thread_->context(), std::move(behind));
    });
    if (!waits) return;
    if (!closed->wait(Deadline::in(kStopPatience))) {
        self->options_.log.error(
            "client of " + self->endpoint_text_ + ": its I/O thread does not answer"
        );
    }
}

void ClientCore::watch(Deadline deadline) {
    if (deadline.point() >= deadline_armed_) return;
    deadline_armed_ = deadline.point();
    deadline_timer_.expires_at(deadline_armed_);
    deadline_timer_.async_wait([self = self_.lock()](const asio::error_code& ec) {
        if (!ec) self->on_deadline();
    });
}

// One timer for all calls. A call that is answered in time never touches it: when it fires, it
// ends what is late and is armed for the earliest of the rest.
void ClientCore::on_deadline() {
    const TimePoint now = SteadyClock::now();
    deadline_armed_ = TimePoint::max();
    expire_waiting(now);
    Deadline next = waiting_.earliest().earlier(entering_.earliest());
    // Held here: one without a sign of life is lost by this.
    if (const ClientConnection::Self connection = connection_) {
        ClientConnection::expire(connection, now);
        if (connection_ == connection) next = next.earlier(connection->earliest());
    }
    for (const auto& connection : std::vector<ClientConnection::Self>{retiring_}) {
        ClientConnection::expire(connection, now);
        next = next.earlier(connection->earliest());
        close_if_over(*connection);
    }
    // At most a thousand times a second, however many deadlines there are.
    if (!next.is_never())
        watch(Deadline::at(std::max(next.point(), now + std::chrono::milliseconds{1})));
    drive();
}

void ClientCore::expire_waiting(TimePoint now) {
    std::string message = "the deadline passed before the call was sent";
    if (!connection_) {
        message +=
            last_failure_.empty() ? ": still connecting" : ": cannot connect: " + last_failure_;
    } else if (connection_->session().dialect() == Dialect::unknown) {
        message += ": the server has not answered the hello";
    }
    const auto is_late = [&](const Call& call) { return call.deadline.expired(now); };
    for (const CallPtr& call : waiting_.take_if(is_late))
        fail_here(*call, Errc::timed_out, message, Sent::not_sent);
    message = "the deadline passed before the call was sent: a layer of this client still awaits";
    for (const CallPtr& call : entering_.take_if(is_late))
        fail_here(*call, Errc::timed_out, message, Sent::not_sent);
}

void ClientCore::end_call(const CallPtr& call, Errc code, const std::string& message) {
    if (call->done) return;
    bool was_sent = connection_ && ClientConnection::forget(connection_, *call);
    for (const auto& connection : std::vector<ClientConnection::Self>{retiring_}) {
        was_sent = was_sent || ClientConnection::forget(connection, *call);
        close_if_over(*connection);
    }
    // One that waits is left in its queue, where it is skipped because it is done.
    fail_here(*call, code, message, was_sent ? Sent::maybe_sent : Sent::not_sent);
}

void ClientCore::shut() {
    if (std::exchange(shut_, true)) return;
    state_.store(ClientState::stopped, std::memory_order_relaxed);
    pump();  // what is still in the inbox fails there
    deadline_timer_.cancel();
    backoff_timer_.cancel();
    if (std::shared_ptr<Dial> dial = std::exchange(dial_, nullptr)) dial->cancel();
    std::vector<ClientConnection::Self> connections = std::move(retiring_);
    retiring_.clear();
    if (connection_) connections.push_back(std::exchange(connection_, nullptr));
    for (const auto& connection : connections) {
        connection->close();
        count_dropped(*connection);
        OutgoingCalls& calls = connection->session().calls();
        for (const CallPtr& call : calls.take_unsent(connection->written())) {
            fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::not_sent);
        }
        for (const CallPtr& call : calls.take_all()) {
            fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::maybe_sent);
        }
        connection->part("this client was stopped");
    }
    for (WaitingCalls* const unsent : {&waiting_, &entering_}) {
        for (const CallPtr& call : unsent->take_if([](const Call&) { return true; }))
            fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::not_sent);
    }
}

void ClientCore::count_dropped(ClientConnection& connection) {
    dropped_notifications_.fetch_add(
        connection.session().calls().take_unsent_notifications(connection.written()),
        std::memory_order_relaxed
    );
}

void ClientCore::lose_calls(ClientConnection& connection, const std::string& reason) {
    OutgoingCalls& calls = connection.session().calls();
    count_dropped(connection);
    waiting_.put_back(calls.take_unsent(connection.written()));
    std::vector<CallPtr> again;
    for (CallPtr& call : calls.take_all()) {
        if (next_is_plain_ && call->invocation.is_idempotent()) {
            call->exposed = true;
            again.push_back(std::move(call));
        } else {
            fail_here(
                *call,
                Errc::connection_lost,
                "the connection ended before the reply: " + reason,
                Sent::maybe_sent
            );
        }
    }
    waiting_.put_back(std::move(again));
}

}  // namespace rollcall::rpc
