#include "client_core.h"

#include <rollcall/base/random.h>

#include "client_options.h"

#include <algorithm>
#include <stdexcept>

namespace rollcall::rpc {

ClientCore::ClientCore(Endpoint endpoint, ClientOptions options)
    : options_(checked(std::move(options))),
      endpoint_(std::move(endpoint)),
      endpoint_text_(endpoint_.to_string()),
      tls_(ClientTls::make(options_, endpoint_)),
      io_(options_.io),
      thread_(io_.next()),
      executor_(thread_->context().get_executor()),
      methods_(std::make_shared<MethodTable>()),
      host_(std::make_shared<HandlerHost>()),
      backoff_(options_.backoff),
      deadline_timer_(thread_->context()),
      backoff_timer_(thread_->context()) {
    if (!endpoint_.is_unix() && (endpoint_.port() == 0 || endpoint_.host().empty()))
        throw std::invalid_argument{"a client needs a host and a port other than 0"};
    host_->methods = methods_;
    host_->budget = std::make_shared<RequestBudget>(options_.max_request_bytes);
    host_->log = options_.log;
    for (const MiddlewarePtr& layer : options_.middleware)
        use(layer);
}

bool ClientCore::is_forked() const noexcept {
    return !home_.is_here();
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

void ClientCore::fail_here(Call& call, Errc code, std::string message, Sent sent) {
    if (call.kind == Call::Kind::nothing && !call.done)
        dropped_notifications_.fetch_add(1, std::memory_order_relaxed);
    fail_call(call, code, std::move(message), sent, endpoint_text_);
}

// ---- the I/O thread

void ClientCore::drive() {
    if (shut_) return;
    if (waiting_.empty() && !(stays_connected_ && !connection_)) {
        // What waited for its turn to dial has ended meanwhile.
        if (!connection_ && !dial_) state_.store(ClientState::idle, std::memory_order_relaxed);
        return;
    }
    if (connection_ && !asks_again()) return send_waiting();
    if (!dial_) dial();
}

bool ClientCore::asks_again() {
    const bool is_guess = options_.hello && hellos_cut_ == 1 &&
                          connection_->session().dialect() == Dialect::plain &&
                          !connection_->session().says_hello();
    if (!is_guess || waiting_.empty() || !waiting_.front().invocation.needs_metadata())
        return false;
    const ClientConnection::Self plain = std::exchange(connection_, nullptr);
    retiring_.push_back(plain);
    close_if_over(*plain);
    return true;
}

void ClientCore::finish_ready(Call& call) {
    call.done = true;
    call.finish(codec::kNil);
}

bool ClientCore::may_send(const ClientConnection& connection, const Call& call) const {
    return connection.session().can_start(call) &&
           connection.unsent_bytes() < options_.write_queue_bytes;
}

void ClientCore::send_or_queue(std::vector<CallPtr>& calls, TimePoint now) {
    // Held here, as below. What is said of a plain server may be a guess: asks_again() looks first.
    const ClientConnection::Self connection = connection_;
    const bool is_open = connection && connection->session().dialect() == Dialect::rollcall;
    bool has_sent = false;
    for (CallPtr& call : calls) {
        if (!call) continue;
        // Nothing overtakes what waits.
        if (is_open && waiting_.empty() && may_send(*connection, *call)) {
            send_one(connection, call, now);
            has_sent = true;
        } else {
            waiting_.push(std::move(call));
        }
    }
    if (!has_sent) return;
    ClientConnection::flush(connection);
    if (connection_ == connection) watch(connection->next_look());
}

void ClientCore::send_waiting() {
    // Held here: a broken connection leaves connection_ while it is being flushed.
    const ClientConnection::Self connection = connection_;
    const TimePoint now = SteadyClock::now();
    const auto next_may_go = [&] {
        return connection_ == connection && !waiting_.empty() &&
               may_send(*connection, waiting_.front());
    };
    // Again after a flush: as long as the kernel takes what is written, the limit is not reached.
    do {
        while (next_may_go()) {
            send_one(connection, waiting_.pop(), now);
        }
        ClientConnection::flush(connection);
    } while (next_may_go());
    if (connection_ == connection) watch(connection->next_look());
    const bool waits_for_hello = connection_ == connection && !waiting_.empty() &&
                                 connection->session().awaits_hello(waiting_.front());
    if (waits_for_hello) state_.store(ClientState::connecting, std::memory_order_relaxed);
}

void ClientCore::send_one(
    const ClientConnection::Self& connection, const CallPtr& call, TimePoint now
) {
    if (!call->may_be_sent()) {
        return fail_here(*call, Errc::timed_out, "its caller waits no longer", Sent::not_sent);
    }
    ClientConnection::send(connection, call, now);
    const bool dropped = call->kind == Call::Kind::nothing && call->wire_end == 0;
    if (dropped) dropped_notifications_.fetch_add(1, std::memory_order_relaxed);
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
    const auto done = [weak = self_](auto transport) {
        if (const Self self = weak.lock()) self->on_dialled(std::move(transport));
    };
    if (options_.connect_with) {
        dial_ = Dial::start_with(thread_, options_.connect_with, done);
        return;
    }
    dial_ = Dial::start(thread_, endpoint_, tls_, options_.connect_timeout, done);
}

void ClientCore::on_dialled(Result<Transport> transport) {
    dial_.reset();
    if (!transport) {
        failed_connects_.fetch_add(1, std::memory_order_relaxed);
        last_failure_ = transport.error().message();
        // Whoever listens there next is not the peer that could not stand the hello.
        next_is_plain_ = false;
        hellos_cut_ = 0;
        not_before_ = SteadyClock::now() + backoff_.next(random_unit());
        state_.store(ClientState::idle, std::memory_order_relaxed);
        if (!options_.wait_for_ready) fail_waiting(transport.error());
        return drive();
    }
    connects_.fetch_add(1, std::memory_order_relaxed);
    last_failure_.clear();
    state_.store(ClientState::ready, std::memory_order_relaxed);
    const bool hello = options_.hello && !std::exchange(next_is_plain_, false);
    // Held here: one that breaks at its first write leaves connection_ meanwhile.
    const auto connection = std::make_shared<ClientConnection>(
        *this,
        thread_,
        host_,
        std::move(*transport),
        ClientSession{options_, *methods_, endpoint_text_, hello},
        Keepalive{options_.keepalive_interval, options_.keepalive_timeout}
    );
    connection_ = connection;
    // These wait for no slot and no room.
    const auto awaits = [](const Call& call) { return call.kind == Call::Kind::connection; };
    for (const CallPtr& call : waiting_.take_if(awaits))
        finish_ready(*call);
    ClientConnection::open(connection);
    if (!hello && connection_ == connection) connection->greet(connection);
    drive();
}

void ClientCore::on_heard(ClientConnection& connection) {
    // Not before it is known what may be said to it.
    if (connection_.get() == &connection && connection.session().dialect() != Dialect::unknown) {
        state_.store(ClientState::ready, std::memory_order_relaxed);
        hellos_cut_ = 0;
        watch(connection_->next_look());
        // Who stays connected without calling is answered all the same.
        if (stays_connected_) backoff_.reset();
    }
    OutgoingCalls& calls = connection.session().calls();
    if (calls.answered()) backoff_.reset();
    late_replies_.fetch_add(calls.take_late_replies(), std::memory_order_relaxed);
    if (connection_.get() == &connection && connection.session().going_away()) retire_connection();
    if (connection_.get() != &connection) close_if_over(connection);
    drive();
}

void ClientCore::on_refused(ClientConnection& connection, const Error& why) {
    next_is_plain_ = false;
    failed_connects_.fetch_add(1, std::memory_order_relaxed);
    last_failure_ = why.message();
    // Nothing of what was sent has been read.
    waiting_.put_back(connection.session().calls().take_all());
    if (!options_.wait_for_ready) fail_waiting(why);
}

void ClientCore::fail_waiting(const Error& why) {
    // Whoever waits for a connection waits on: that is what was asked for.
    const auto sends = [](const Call& call) { return call.kind != Call::Kind::connection; };
    for (const CallPtr& call : waiting_.take_if(sends))
        fail_here(*call, why.code(), "cannot connect: " + why.message(), Sent::not_sent);
}

void ClientCore::close_if_over(ClientConnection& connection) {
    if (connection.session().calls().size() + connection.session().incoming().size() > 0) return;
    if (connection.unsent_bytes() > 0) return;  // replies, or words about cancelled calls
    count_dropped(connection);
    const auto at = std::find_if(retiring_.begin(), retiring_.end(), [&](const auto& each) {
        return each.get() == &connection;
    });
    if (at == retiring_.end()) return;
    const ClientConnection::Self last = *at;
    retiring_.erase(at);
    last->close();
    last->part("the server goes away");
}

void ClientCore::slow_down(const ClientSession& session) {
    if (!session.calls().answered())
        not_before_ = SteadyClock::now() + backoff_.next(random_unit());
}

void ClientCore::retire_connection() {
    slow_down(connection_->session());
    waiting_.put_back(connection_->session().take_unexecuted());
    retiring_.push_back(std::move(connection_));
    connection_.reset();
    state_.store(ClientState::idle, std::memory_order_relaxed);
}

void ClientCore::on_writable(ClientConnection& connection) {
    connection_.get() == &connection ? drive() : close_if_over(connection);
}

void ClientCore::on_lost(ClientConnection& connection, const std::string& reason) {
    late_replies_.fetch_add(
        connection.session().calls().take_late_replies(), std::memory_order_relaxed
    );
    const bool current = connection_.get() == &connection;
    // A peer that cannot stand the hello gets the next connection without it. One that wants a
    // token can: plain calls would only be refused there.
    if (current && connection.session().hello_unanswered() && options_.token.empty()) {
        next_is_plain_ = true;
        ++hellos_cut_;
    }
    if (current) slow_down(connection.session());
    if (const auto why = connection.refused()) on_refused(connection, *why);
    // A goaway that came right before the end: it still says what has not been executed.
    if (current && connection.session().going_away())
        waiting_.put_back(connection.session().take_unexecuted());
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

}  // namespace rollcall::rpc
