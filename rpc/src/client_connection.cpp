#include "client_connection.h"

#include <asio/post.hpp>

#include <utility>

namespace rollcall::rpc {
namespace {

// How long a server may acknowledge nothing of what was sent, or read nothing of it, before the
// connection is given up. Longer than a server that is only busy reads nothing: a connection that
// ends takes the calls on it along.
constexpr std::chrono::seconds kVanishedAfter{60};

}  // namespace

ClientConnection::ClientConnection(
    ClientConnectionOwner& owner,
    const std::shared_ptr<IoThread>& thread,
    std::shared_ptr<const HandlerHost> host,
    Transport transport,
    ClientSession session,
    Keepalive keepalive
)
    : Connection(
          *thread, thread, std::move(host), MessageStream{std::move(transport), session.limits()}
      ),
      owner_(&owner),
      session_(std::move(session)),
      keepalive_(keepalive) {
    stream_.transport().limit_unacknowledged(kVanishedAfter);
}

void ClientConnection::open(const Self& self) {
    self->session_.open(self->thread_.output());
    flush(self);
    if (self->owner_ != nullptr) arm_read(self);
}

void ClientConnection::greet(const Self& self) {
    if (std::exchange(self->greeted_, true)) return;
    if (!host_->on_connect && !host_->on_disconnect) return;
    host_->tell_connected(Peer{peer_state(self)});
}

void ClientConnection::send(const Self& self, const CallPtr& call, TimePoint now) {
    self->keepalive_.await(now);
    codec::Buffer& out = self->thread_.output();
    codec::Buffer out_after;
    OutgoingCalls& calls = self->session_.calls();
    calls.set_position(self->position() + out.size());
    if (!self->may_open(*call)) {
        const char* const why = "as many streams as may be are open on the connection";
        return fail_call(*call, Errc::overloaded, why, Sent::not_sent, calls.endpoint());
    }
    const auto large_body = calls.start(call, out, out_after, now);
    if (large_body) {
        // The order of bytes on the wire: what is queued, the output so far, the body, what follows
        // it.
        self->stream_.queue().append(out, 0);
        self->stream_.queue().append(large_body);
        self->stream_.queue().append(out_after, 0);
    }
    self->open_stream(self, *call);
}

void ClientConnection::flush(const Self& self) {
    const bool sent = self->stream_.send(self->thread_.output());
    self->thread_.reset_output();
    if (!sent) return break_off(self);
    self->session_.calls().on_written(self->stream_.written());
    if (!self->session_.may_keep_unsent(self->stream_.queue().bytes())) {
        return self->lose("the server asks, but does not read the answers");
    }
    if (!self->stream_.queue().empty()) arm_write(self);
}

// What is ended by its deadline or by its caller may be on any connection of the owner, within
// handlers of its own: what there is to say goes through the queue.
void ClientConnection::expire(const Self& self, TimePoint now) {
    codec::Buffer cancels;
    self->session_.calls().set_position(self->position());
    self->session_.calls().expire(now, cancels);
    self->session_.incoming().expire(now);
    expire_streams(self, now);
    look_alive(self, now);
    if (self->owner_ == nullptr) return;
    self->stream_.queue().append(cancels, 0);
    if (!self->stream_.queue().empty()) schedule_flush(self);
}

bool ClientConnection::forget(const Self& self, const Call& call) {
    codec::Buffer cancel;
    self->session_.calls().set_position(self->position());
    if (!self->session_.calls().forget(call, cancel)) return false;
    self->stream_.queue().append(cancel, 0);
    if (!self->stream_.queue().empty()) schedule_flush(self);
    return true;
}

Deadline ClientConnection::earliest() {
    return session_.calls()
        .earliest()
        .earlier(session_.incoming().earliest())
        .earlier(earliest_stream())
        .earlier(keepalive_.next(heard_at_));
}

// ---- signs of life

// Plain servers are not asked: one that answers nothing but what it knows would be taken for dead.
bool ClientConnection::awaits_server() {
    if (session_.dialect() != Dialect::rollcall) return false;
    return session_.calls().size() + session_.incoming().size() > 0 || host_->on_disconnect ||
           (owner_ != nullptr && owner_->stays_connected());
}

Deadline ClientConnection::next_look() {
    if (!keepalive_.is_on() || !awaits_server()) return Deadline::never();
    keepalive_.await(heard_at_);
    return keepalive_.next(heard_at_);
}

void ClientConnection::look_alive(const Self& self, TimePoint now) {
    const auto step = self->keepalive_.look(self->awaits_server(), self->heard_at_, now, [&self] {
        return self->stream_.queue().bytes() + self->stream_.transport().unacknowledged();
    });
    if (step == Keepalive::Step::nothing) return;
    if (step == Keepalive::Step::give_up) return self->lose("the server shows no sign of life");
    codec::Buffer ping;
    self->session_.calls().set_position(self->position());
    self->session_.calls().write_ping(ping);
    self->stream_.queue().append(ping, 0);
}

void ClientConnection::schedule_flush(const Self& self) {
    if (std::exchange(self->flush_scheduled_, true)) return;
    asio::post(self->thread_.context(), [self] {
        self->flush_scheduled_ = false;
        if (self->owner_ != nullptr) flush(self);
        // The last reply of one that goes away may have been this.
        if (self->owner_ != nullptr) self->owner_->on_heard(*self);
    });
}

// ---- the other direction

void ClientConnection::submit_here(const std::shared_ptr<PeerLink>&, const CallPtr& call) {
    if (owner_ != nullptr) return owner_->submit_call(call);
    fail_call(
        *call, Errc::connection_lost, "the peer is not connected", Sent::not_sent, peer().name()
    );
}

void ClientConnection::cancel_here(const std::shared_ptr<PeerLink>&, const CallPtr& call) {
    if (owner_ != nullptr) owner_->cancel_call(call);
}

void ClientConnection::disconnect_here(const std::shared_ptr<PeerLink>&, std::string reason) {
    if (owner_ != nullptr) lose(reason);
}

void ClientConnection::give_up_call(std::uint32_t id, Error why, codec::Buffer& out) {
    session_.calls().set_position(position() + thread_.output().size());
    session_.calls().give_up(id, std::move(why), out);
}

void ClientConnection::send_output(const Base& self) {
    flush(std::static_pointer_cast<ClientConnection>(self));
}

PeerSettings ClientConnection::peer_settings() const {
    return owner_ != nullptr ? owner_->peer_settings() : PeerSettings{};
}

void ClientConnection::watch(Deadline deadline) {
    if (owner_ != nullptr) owner_->watch(deadline);
}

void ClientConnection::on_reply_queued(const Base& self) {
    schedule_flush(std::static_pointer_cast<ClientConnection>(self));
}

void ClientConnection::release(std::size_t bytes) {
    static_cast<void>(host_->budget->release(bytes));
}

// ---- reading and writing

void ClientConnection::arm_read(const Self& self) {
    self->stream_.transport().async_wait_readable([self](const asio::error_code& ec) {
        if (self->owner_ == nullptr) return;
        if (ec) return self->lose(ec.message());
        self->thread_.turns().turn([&self] { act_or_end(self, [&self] { on_readable(self); }); });
    });
}

void ClientConnection::arm_write(const Self& self) {
    if (std::exchange(self->writing_, true)) return;
    self->stream_.transport().async_wait_writable([self](const asio::error_code& ec) {
        self->writing_ = false;
        if (self->owner_ == nullptr) return;
        if (ec) return self->lose(ec.message());
        act_or_end(self, [&self] { on_writable(self); });
    });
}

void ClientConnection::on_readable(const Self& self) {
    std::optional<std::string> wrong;
    const auto status = read(self, wrong);
    // Also before it is given up: what has been sent by now counts as sent.
    flush(self);
    if (self->owner_ == nullptr) return;
    if (wrong) return self->lose("the server does not speak MessagePack-RPC: " + *wrong);
    // What was read before the end still counts: it has been handed out by now.
    if (status != MessageStream::ReadStatus::ok && status != MessageStream::ReadStatus::nothing) {
        return self->lose(self->stream_.error());
    }
    pump_streams(self);
    if (self->owner_ != nullptr) self->owner_->on_heard(*self);
    if (self->owner_ != nullptr) arm_read(self);
}

void ClientConnection::on_writable(const Self& self) {
    if (!self->stream_.send_queued()) return break_off(self);
    self->session_.calls().on_written(self->stream_.written());
    if (!self->stream_.queue().empty()) arm_write(self);
    pump_streams(self);
    if (self->owner_ != nullptr) self->owner_->on_writable(*self);
}

void ClientConnection::break_off(const Self& self) {
    // A server that closes at once may have said why, and one that stops has answered first.
    const std::string reason = self->stream_.error();
    std::optional<std::string> wrong;
    while (read(self, wrong) == MessageStream::ReadStatus::ok && !wrong) {
        self->thread_.reset_output();  // answers that nobody can get
    }
    self->lose(reason);
}

MessageStream::ReadStatus ClientConnection::read(
    const Self& self, std::optional<std::string>& wrong
) {
    const TimePoint now = SteadyClock::now();
    if (self->streams_) self->streams_->set_now(now);
    self->handing_out_ = true;
    const auto status = self->stream_.read(
        self->thread_,
        [](codec::Bytes) { return true; },
        [&](codec::Bytes frame) {
            SessionAction action = self->session_.on_message(frame, self->thread_.output());
            wrong = std::move(action.close);
            if (self->session_.dialect() != Dialect::unknown) self->greet(self);
            if (action.run.method != nullptr && self->owner_ != nullptr &&
                !self->refuse_excess(action.run))
                self->run(self, std::move(action.run), frame.size(), now);
            return !wrong && self->owner_ != nullptr;
        }
    );
    self->handing_out_ = false;
    if (status == MessageStream::ReadStatus::ok) self->heard_at_ = now;
    return status;
}

bool ClientConnection::refuse_excess(const Admitted& admitted) {
    if (admitted.method->handler->runs_inline() || !host_->budget->is_exhausted()) return false;
    const Error error{Errc::overloaded, "this client works on too many requests already"};
    write_error(thread_.output(), admitted.id, error, reply_format());
    return true;
}

void ClientConnection::lose(const std::string& reason) {
    ClientConnectionOwner* const owner = owner_;
    if (owner == nullptr) return;
    close();
    owner->on_lost(*this, reason);
    part(reason);
}

void ClientConnection::close() {
    if (owner_ == nullptr) return;
    owner_ = nullptr;
    thread_.reset_output();
    stream_.transport().close();
    close_requests();
}

void ClientConnection::part(std::string_view reason) {
    Connection::part(greeted_, reason);
}

}  // namespace rollcall::rpc
