#include "client_core.h"

#include <rollcall/base/random.h>

#include "latch.h"

#include <asio/post.hpp>

#include <algorithm>
#include <stdexcept>
#include <unistd.h>

namespace rollcall::rpc {
namespace {

// How long a stopping client waits for an I/O thread that does not answer.
constexpr Duration kStopPatience = std::chrono::seconds{5};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::invalid_argument{sentence};
}

ClientOptions checked(ClientOptions options) {
    require(
        options.call_timeout > Duration::zero(), "ClientOptions::call_timeout must be positive"
    );
    require(
        options.connect_timeout > Duration::zero(),
        "ClientOptions::connect_timeout must be positive"
    );
    require(options.max_in_flight > 0, "ClientOptions::max_in_flight must be positive");
    require(options.max_queued > 0, "ClientOptions::max_queued must be positive");
    require(options.write_queue_bytes > 0, "ClientOptions::write_queue_bytes must be positive");
    require(
        options.limits.max_depth > 0 && options.limits.max_depth <= codec::kMaxDepth,
        "ClientOptions::limits.max_depth must be from 1 to 128"
    );
    if (!options.io) options.io = IoThreads::shared();
    return options;
}

}  // namespace

ClientCore::ClientCore(Endpoint endpoint, ClientOptions options)
    : options_(checked(std::move(options))),
      endpoint_(std::move(endpoint)),
      endpoint_text_(endpoint_.to_string()),
      io_(options_.io),
      thread_(io_.next()),
      process_(::getpid()),
      backoff_(options_.backoff),
      deadline_timer_(thread_->context()),
      backoff_timer_(thread_->context()) {
    require(
        endpoint_.port() != 0 && !endpoint_.host().empty(),
        "a client needs a host and a port other than 0"
    );
}

bool ClientCore::is_forked() const noexcept {
    return process_ != ::getpid();
}

ClientCounters ClientCore::counters() const noexcept {
    ClientCounters counters;
    counters.calls = calls_.load(std::memory_order_relaxed);
    counters.late_replies = late_replies_.load(std::memory_order_relaxed);
    counters.connects = connects_.load(std::memory_order_relaxed);
    counters.failed_connects = failed_connects_.load(std::memory_order_relaxed);
    counters.dropped_notifications = dropped_notifications_.load(std::memory_order_relaxed);
    return counters;
}

void ClientCore::fail_here(Call& call, Errc code, std::string message, Sent sent) const {
    fail_call(call, code, std::move(message), sent, endpoint_text_);
}

// ---- any thread

void ClientCore::submit(const Self& self, CallPtr call) {
    self->calls_.fetch_add(1, std::memory_order_relaxed);
    bool full = false;
    {
        const std::lock_guard lock{self->mutex_};
        full = self->inbox_.size() >= self->options_.max_queued;
        if (!self->stopped_ && !full) {
            self->inbox_.push_back(std::move(call));
            if (std::exchange(self->pump_scheduled_, true)) return;
        }
    }
    if (!call) return schedule_pump(self);
    if (full) {
        self->fail_here(
            *call, Errc::overloaded, "too many calls wait in this client", Sent::not_sent
        );
    } else {
        self->fail_here(*call, Errc::shutting_down, "this client has been stopped", Sent::not_sent);
    }
}

void ClientCore::schedule_pump(const Self& self) {
    asio::post(self->thread_->context(), [self] { self->pump(); });
}

void ClientCore::cancel(const Self& self, const CallPtr& call) {
    asio::post(self->thread_->context(), [self, call] {
        self->end_call(call, Errc::cancelled, "the caller cancelled the call");
    });
}

void ClientCore::stop(const Self& self) {
    {
        const std::lock_guard lock{self->mutex_};
        self->stopped_ = true;
    }
    const auto closed = std::make_shared<Latch>();
    asio::post(self->thread_->context(), [self, closed] {
        self->shut();
        // Behind the handlers that shut() has aborted: when it runs, they have let go of the core,
        // so that the waiter, not the I/O thread, is the last to hold it.
        asio::post(self->thread_->context(), [closed] { closed->open(); });
    });
    if (IoThreads::on_io_thread()) return;
    if (!closed->wait(Deadline::in(kStopPatience))) {
        self->options_.log.error(
            "client of " + self->endpoint_text_ + ": its I/O thread does not answer"
        );
    }
}

// ---- the I/O thread

void ClientCore::pump() {
    std::vector<CallPtr> calls;
    {
        const std::lock_guard lock{mutex_};
        calls.swap(inbox_);
        pump_scheduled_ = false;
    }
    const TimePoint now = SteadyClock::now();
    for (CallPtr& call : calls)
        accept(std::move(call), now);
    drive();
}

void ClientCore::accept(CallPtr call, TimePoint now) {
    if (shut_)
        return fail_here(
            *call, Errc::shutting_down, "this client has been stopped", Sent::not_sent
        );
    if (call->deadline.expired(now)) {
        return fail_here(
            *call, Errc::timed_out, "the deadline had passed before the call began", Sent::not_sent
        );
    }
    if (waiting_.size() >= options_.max_queued) {
        return fail_here(
            *call, Errc::overloaded, "too many calls wait in this client", Sent::not_sent
        );
    }
    watch(call->deadline);
    waiting_.push_back(std::move(call));
}

void ClientCore::drive() {
    if (shut_ || waiting_.empty()) return;
    if (connection_) return send_waiting();
    if (!dial_) dial();
}

void ClientCore::send_waiting() {
    // Held here: a broken connection leaves connection_ while it is being flushed.
    const ClientConnection::Self connection = connection_;
    while (!waiting_.empty() && connection->session().can_start() &&
           connection->unsent_bytes() < options_.write_queue_bytes) {
        const CallPtr call = std::move(waiting_.front());
        waiting_.pop_front();
        if (call->done) continue;
        if (call->kind == Call::Kind::connection) {
            call->done = true;
            call->finish(codec::kNil);
        } else {
            connection->send(call);
        }
    }
    ClientConnection::flush(connection);
}

void ClientCore::dial() {
    state_.store(ClientState::connecting, std::memory_order_relaxed);
    const TimePoint now = SteadyClock::now();
    if (now < not_before_) {
        if (std::exchange(backoff_armed_, true)) return;
        backoff_timer_.expires_at(not_before_);
        backoff_timer_.async_wait([self = self_.lock()](const asio::error_code& ec) {
            self->backoff_armed_ = false;
            if (!ec) self->drive();
        });
        return;
    }
    dial_ = Dial::start(thread_, endpoint_, options_.connect_timeout, [weak = self_](auto socket) {
        if (const Self self = weak.lock()) self->on_dialled(std::move(socket));
    });
}

void ClientCore::on_dialled(Result<asio::ip::tcp::socket> socket) {
    dial_.reset();
    if (!socket) {
        failed_connects_.fetch_add(1, std::memory_order_relaxed);
        last_failure_ = socket.error().message();
        not_before_ = SteadyClock::now() + backoff_.next(random_unit());
        state_.store(ClientState::idle, std::memory_order_relaxed);
        if (!options_.wait_for_ready) fail_waiting(socket.error());
        return drive();
    }
    connects_.fetch_add(1, std::memory_order_relaxed);
    last_failure_.clear();
    state_.store(ClientState::ready, std::memory_order_relaxed);
    const bool hello = options_.hello && !std::exchange(next_is_plain_, false);
    connection_ = std::make_shared<ClientConnection>(
        *this, *thread_, std::move(*socket), ClientSession{options_, endpoint_text_, hello}
    );
    ClientConnection::open(connection_);
    drive();
}

void ClientCore::fail_waiting(const Error& why) {
    std::deque<CallPtr> waited;
    waited.swap(waiting_);
    for (CallPtr& call : waited) {
        if (call->kind == Call::Kind::connection) {
            waiting_.push_back(std::move(call));
        } else {
            if (call->kind == Call::Kind::nothing)
                dropped_notifications_.fetch_add(1, std::memory_order_relaxed);
            fail_here(*call, why.code(), "cannot connect: " + why.message(), Sent::not_sent);
        }
    }
}

void ClientCore::requeue(std::vector<CallPtr> calls) {
    std::sort(calls.begin(), calls.end(), [](const CallPtr& a, const CallPtr& b) {
        return a->wire_end < b->wire_end;
    });
    waiting_.insert(
        waiting_.begin(),
        std::make_move_iterator(calls.begin()),
        std::make_move_iterator(calls.end())
    );
}

void ClientCore::on_heard(ClientConnection& connection) {
    backoff_.reset();
    late_replies_.fetch_add(connection.session().take_late_replies(), std::memory_order_relaxed);
    if (connection_.get() == &connection && connection.session().going_away()) retire_connection();
    const bool retired = connection_.get() != &connection;
    if (retired && connection.session().pending() == 0) {
        connection.close();
        std::erase_if(retiring_, [&](const auto& each) { return each.get() == &connection; });
    }
    drive();
}

void ClientCore::retire_connection() {
    requeue(connection_->session().take_unexecuted());
    retiring_.push_back(std::move(connection_));
    connection_.reset();
    state_.store(ClientState::idle, std::memory_order_relaxed);
}

void ClientCore::on_writable(ClientConnection& connection) {
    if (connection_.get() == &connection) drive();
}

void ClientCore::on_lost(ClientConnection& connection, const std::string& reason) {
    late_replies_.fetch_add(connection.session().take_late_replies(), std::memory_order_relaxed);
    const bool current = connection_.get() == &connection;
    // A peer that cannot stand the hello gets the next connection without it.
    if (current && connection.session().hello_unanswered()) next_is_plain_ = true;
    // A server that accepts and closes without a word must not be dialled in a tight loop.
    if (!connection.session().heard())
        not_before_ = SteadyClock::now() + backoff_.next(random_unit());
    lose_calls(connection, reason);
    if (current) {
        connection_.reset();
        state_.store(ClientState::idle, std::memory_order_relaxed);
    } else {
        std::erase_if(retiring_, [&](const auto& each) { return each.get() == &connection; });
    }
    // Not from inside the connection's handler chain: the inbox's way is the way to dial again.
    if (const Self self = self_.lock()) schedule_pump(self);
}

void ClientCore::lose_calls(ClientConnection& connection, const std::string& reason) {
    ClientSession& session = connection.session();
    requeue(session.take_unsent(connection.written()));
    std::vector<CallPtr> again;
    for (CallPtr& call : session.take_all()) {
        if (next_is_plain_ && call->invocation.is_idempotent()) {
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
    requeue(std::move(again));
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
    Deadline next;
    for (const CallPtr& call : waiting_)
        next = next.earlier(call->deadline);
    if (connection_) {
        connection_->session().expire(now);
        next = next.earlier(connection_->session().earliest());
    }
    for (const auto& connection : retiring_) {
        connection->session().expire(now);
        next = next.earlier(connection->session().earliest());
    }
    // At most a thousand times a second, however many deadlines there are.
    if (!next.is_never())
        watch(Deadline::at(std::max(next.point(), now + std::chrono::milliseconds{1})));
    drive();
}

void ClientCore::expire_waiting(TimePoint now) {
    std::deque<CallPtr> waited;
    waited.swap(waiting_);
    for (CallPtr& call : waited) {
        if (call->done) continue;
        if (!call->deadline.expired(now)) {
            waiting_.push_back(std::move(call));
            continue;
        }
        std::string message = "the deadline passed before the call was sent";
        if (!connection_)
            message +=
                last_failure_.empty() ? ": still connecting" : ": cannot connect: " + last_failure_;
        if (call->kind == Call::Kind::nothing)
            dropped_notifications_.fetch_add(1, std::memory_order_relaxed);
        fail_here(*call, Errc::timed_out, std::move(message), Sent::not_sent);
    }
}

void ClientCore::end_call(const CallPtr& call, Errc code, const std::string& message) {
    if (call->done) return;
    bool was_sent = connection_ && connection_->session().forget(*call);
    for (const auto& connection : retiring_)
        was_sent = was_sent || connection->session().forget(*call);
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
        for (const CallPtr& call : connection->session().take_unsent(connection->written())) {
            fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::not_sent);
        }
        for (const CallPtr& call : connection->session().take_all()) {
            fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::maybe_sent);
        }
    }
    for (const CallPtr& call : std::exchange(waiting_, {})) {
        fail_here(*call, Errc::shutting_down, "this client was stopped", Sent::not_sent);
    }
}

}  // namespace rollcall::rpc
