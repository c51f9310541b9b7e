#include "server_connection.h"

#include "http_refusal.h"
#include "server_core.h"
#include "server_shard.h"

#include <asio/post.hpp>

#include <algorithm>
#include <utility>

namespace rollcall::rpc {
namespace {

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

ServerConnection::ServerConnection(ServerShard& shard, Transport transport, TimePoint now)
    : Connection(
          shard.thread(),
          shard.shared_thread(),
          shard.core().host(),
          MessageStream{std::move(transport), shard.core().options().limits}
      ),
      shard_(&shard),
      options_(shard.core().shared_options()),
      session_(*host_->methods, *options_),
      active_(now),
      began_(now) {
}

void ServerConnection::open(const Self& self) {
    arm_read(self);
}

void ServerConnection::arm_read(const Self& self) {
    if (std::exchange(self->reading_, true)) return;
    self->stream_.transport().async_wait_readable([self](const asio::error_code& ec) {
        self->reading_ = false;
        if (self->phase_ == Phase::closed) return;
        if (ec) return self->lose(ec.message());
        on_readable(self);
    });
}

void ServerConnection::arm_write(const Self& self) {
    if (std::exchange(self->writing_, true)) return;
    self->stream_.transport().async_wait_writable([self](const asio::error_code& ec) {
        self->writing_ = false;
        if (self->phase_ == Phase::closed) return;
        if (ec) return self->lose(ec.message());
        on_writable(self);
    });
}

void ServerConnection::on_readable(const Self& self) {
    // A wait that was armed before the drain began: what comes now is not for us any more.
    if (self->phase_ == Phase::draining && !self->hears_streams()) return;
    self->handing_out_ = true;
    self->read_at_ = SteadyClock::now();
    if (self->streams_) self->streams_->set_now(self->read_at_);
    const auto status = self->stream_.read(
        self->thread_,
        [&](codec::Bytes bytes) { return self->on_first_bytes(self, bytes); },
        [&](codec::Bytes frame) { return self->on_message(self, frame); }
    );
    if (!self->end_handing_out()) return;
    // What still comes after the end does not prolong it.
    if (self->phase_ != Phase::lingering) self->active_ = self->shard_->now();
    flush(self);
    if (self->phase_ == Phase::closed) return;
    if (status == MessageStream::ReadStatus::broken) return self->lose(self->stream_.error());
    if (status == MessageStream::ReadStatus::refused) {
        ServerShard::add(self->shard_->counters.protocol_errors, 1);
        return self->fail(self->stream_.error());
    }
    if (status == MessageStream::ReadStatus::ended) {
        self->ended_ = true;
        // A plain peer may have finished asking and still read; a Rollcall client has left.
        const bool serves = self->phase_ == Phase::serving || self->hears_streams();
        if (self->session_.peer_is_rollcall() && serves) return self->lose(self->stream_.error());
        self->fail_outgoing(self->stream_.written(), self->stream_.error());
        if (self->phase_ == Phase::lingering) return self->close("it was told to go");
    }
    pump_streams(self);
    settle(self);
}

bool ServerConnection::end_handing_out() {
    handing_out_ = false;
    thread_.calls().end(read_at_);
    if (phase_ != Phase::closed) return true;
    thread_.reset_output();
    stream_.reader().drop_kept();  // which close() had to leave
    return false;
}

bool ServerConnection::on_first_bytes(const Self& self, codec::Bytes bytes) {
    if (phase_ == Phase::lingering) return false;
    if (std::exchange(heard_bytes_, true) || codec::can_start_message(bytes.front())) return true;
    ServerShard::add(shard_->counters.protocol_errors, 1);
    if (is_letter(bytes.front())) {
        answer_http(self);
    } else if (bytes.front() == '\x16') {
        fail("the peer speaks TLS, which this port does not");
    } else {
        fail("the first byte starts no MessagePack-RPC message");
    }
    return false;
}

void ServerConnection::answer_http(const Self& self) {
    std::string body = "This port speaks MessagePack-RPC, not HTTP";
    const std::string hint = self->shard_->core().http_hint();
    if (!hint.empty()) body += "; " + hint;
    self->thread_.output().append(http_refusal(body));
    self->phase_ = Phase::draining;  // settle() sends it, ends the stream and lingers
}

bool ServerConnection::on_message(const Self& self, codec::Bytes frame) {
    codec::Buffer& out = thread_.output();
    ++messages_;
    ServerShard::add(shard_->counters.requests, 1);
    const std::size_t answered = out.size();
    SessionAction action = session_.on_message(frame, out);
    if (const std::uint64_t refused = session_.take_unauthenticated()) {
        ServerShard::add(shard_->counters.unauthenticated, refused);
    }
    if (action.close) {
        flush(self);
        if (phase_ != Phase::closed) {
            ServerShard::add(shard_->counters.protocol_errors, 1);
            fail(*action.close);
        }
        return false;
    }
    if (!greeted_ && session_.may_call()) greet(self);
    if (action.run.is_unknown) count_refused(action.run, frame, answered);
    if (action.run.method != nullptr && !refuse_excess(action.run, frame)) {
        if (run(self, std::move(action.run), frame.size(), read_at_) > 0)
            starved_ = host_->budget->is_exhausted();
    }
    if (!drain_reason_.empty() && session_.peer_knows_goaway() && phase_ == Phase::serving) {
        begin_goaway();
        return false;
    }
    // Many small requests with large results: not all of their replies at once.
    if (out.size() >= options_->write_queue_high) flush(self);
    return phase_ != Phase::closed && !is_held();
}

bool ServerConnection::refuse_excess(const Admitted& admitted, codec::Bytes frame) {
    if (!reads_on()) return false;
    // A layer may make a request of a plain handler last.
    if (admitted.method->handler->runs_inline() && host_->middleware.empty()) return false;
    const bool exceeds =
        session_.incoming().calls() >= options_->max_in_flight || host_->budget->is_exhausted();
    if (!exceeds) return false;
    const Error error{Errc::overloaded, "the server handles too many requests of this peer"};
    const std::size_t answered = thread_.output().size();
    write_error(thread_.output(), admitted.id, error, reply_format());
    count_refused(admitted, frame, answered);
    return true;
}

void ServerConnection::count_refused(
    const Admitted& admitted, codec::Bytes frame, std::size_t answered
) {
    thread_.calls().add(
        admitted.is_unknown ? host_->unknown_methods : admitted.method->metrics,
        admitted.is_unknown ? Errc::method_not_found : Errc::overloaded,
        frame.size(),
        thread_.output().size() - answered,
        read_at_
    );
}

// A connection that waits for answers of its peer, or for what the peer says about streams, goes on
// reading whatever else comes.
bool ServerConnection::reads_on() const {
    const OutgoingCalls* const outgoing = session_.outgoing();
    return (outgoing != nullptr && outgoing->size() > 0) || (streams_ && streams_->size() > 0);
}

bool ServerConnection::is_held() const {
    const bool is_full = session_.incoming().calls() >= options_->max_in_flight || starved_;
    return (is_full && !reads_on()) || stream_.queue().bytes() >= options_->write_queue_high;
}

void ServerConnection::flush(const Self& self) {
    const bool sent = self->stream_.send(self->thread_.output());
    self->thread_.reset_output();
    if (!sent) return self->lose(self->stream_.error());
    self->note_written();
    if (self->stream_.queue().empty()) return;
    if (!self->fail_if_unread()) arm_write(self);
}

bool ServerConnection::fail_if_unread() {
    if (stream_.queue().bytes() <= options_->write_queue_hard) return false;
    fail("it does not read its replies: more than write_queue_hard bytes are unsent");
    return true;
}

void ServerConnection::on_writable(const Self& self) {
    if (!self->stream_.send_queued()) return self->lose(self->stream_.error());
    self->note_written();
    if (!self->stream_.queue().empty()) arm_write(self);
    pump_streams(self);
    settle(self);
}

void ServerConnection::account_held() {
    const std::size_t now = stream_.held_bytes() + (streams_ ? streams_->held_bytes() : 0);
    shard_->account(held_, now);
    held_ = now;
    shard_->make_room();
}

void ServerConnection::settle(const Self& self) {
    if (self->phase_ == Phase::closed) return;
    self->account_bytes();
    self->account_held();
    if (self->phase_ == Phase::closed) return;
    // What came after the goaway's last id is not executed, and the peer knows it.
    if (self->goaway_sent_ && !self->hears_streams()) self->stream_.reader().drop_kept();
    self->starved_ = self->phase_ == Phase::serving && self->host_->budget->is_exhausted();
    if (self->stream_.reader().paused() && !self->is_held()) return resume(self);

    const bool said_all = self->stream_.queue().empty() && self->session_.in_flight() == 0 &&
                          !self->stream_.reader().paused();
    const bool over = self->phase_ == Phase::draining || self->ended_;
    if (over && said_all && self->phase_ != Phase::lingering) return linger(self);
    if (self->phase_ == Phase::lingering || (self->hears_streams() && !self->is_held()) ||
        (self->phase_ == Phase::serving && !self->ended_ && !self->is_held())) {
        arm_read(self);
    }
}

void ServerConnection::resume(const Self& self) {
    self->handing_out_ = true;
    const auto status =
        self->stream_.resume([&](codec::Bytes frame) { return self->on_message(self, frame); });
    if (!self->end_handing_out()) return;
    flush(self);
    if (self->phase_ == Phase::closed) return;
    if (status == MessageStream::ReadStatus::refused) {
        ServerShard::add(self->shard_->counters.protocol_errors, 1);
        return self->fail(self->stream_.error());
    }
    pump_streams(self);
    if (self->phase_ == Phase::closed) return;
    // Not at once: a peer whose requests each make a large reply, read as fast as they are made,
    // would keep the thread for itself.
    if (self->stream_.reader().paused() && !self->is_held()) return schedule_flush(self);
    settle(self);
}

void ServerConnection::resume_starved(const Self& self) {
    if (self->phase_ != Phase::closed && self->starved_) settle(self);
}

void ServerConnection::on_reply_queued(const Base& base) {
    const Self self = std::static_pointer_cast<ServerConnection>(base);
    active_ = shard_->now();
    // Many handlers may end in one turn of the loop, each with a large result. Not flush(): this
    // may run within another connection's handler, whose replies are in the thread's output.
    if (stream_.queue().bytes() > options_->write_queue_hard) {
        if (!stream_.send_queued()) return lose(stream_.error());
        if (fail_if_unread()) return;
    }
    schedule_flush(self);
}

void ServerConnection::release(std::size_t bytes) {
    shard_->core().release(bytes);
}

void ServerConnection::watch(Deadline deadline) {
    shard_->watch(deadline);
}

// Replies of handlers that end in one turn of the loop leave in one write.
void ServerConnection::schedule_flush(const Self& self) {
    if (std::exchange(self->flush_scheduled_, true)) return;
    asio::post(self->thread_.context(), [self] {
        self->flush_scheduled_ = false;
        if (self->phase_ == Phase::closed) return;
        flush(self);
        settle(self);
    });
}

}  // namespace rollcall::rpc
