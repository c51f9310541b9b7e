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
      began_(now),
      keepalive_(options_->keepalive_interval, options_->keepalive_timeout),
      heard_at_(now) {
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
        act_or_end(self, [&self] { on_readable(self); });
    });
}

void ServerConnection::arm_write(const Self& self) {
    if (std::exchange(self->writing_, true)) return;
    self->stream_.transport().async_wait_writable([self](const asio::error_code& ec) {
        self->writing_ = false;
        if (self->phase_ == Phase::closed) return;
        if (ec) return self->lose(ec.message());
        act_or_end(self, [&self] { on_writable(self); });
    });
}

void ServerConnection::on_readable(const Self& self) {
    // A wait that was armed before the drain began: what waits here comes first.
    if (self->phase_ == Phase::draining && self->session_.admits()) return;
    const std::uint64_t before = self->messages_;
    self->handing_out_ = true;
    self->read_at_ = SteadyClock::now();
    self->flush_pace_.begin();
    if (self->streams_) self->streams_->set_now(self->read_at_);
    const auto status = self->stream_.read(
        self->thread_,
        [&](codec::Bytes bytes) { return self->on_first_bytes(self, bytes); },
        [&](codec::Bytes frame) { return self->on_message(self, frame); }
    );
    if (!self->end_handing_out()) return;
    // What still comes after the end does not prolong it.
    if (status == MessageStream::ReadStatus::ok) self->heard_at_ = self->read_at_;
    if (self->phase_ != Phase::lingering && self->has_been_active(before))
        self->active_ = self->shard_->now();
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
        if (self->session_.peer_is_rollcall() && self->phase_ != Phase::lingering)
            return self->lose(self->stream_.error());
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
    ++messages_;
    const bool waits = session_.admits() && (is_held() || has_waiting());
    if (waits && put_off(frame)) return may_read();
    return handle(self, frame);
}

bool ServerConnection::handle(const Self& self, codec::Bytes frame) {
    codec::Buffer& out = thread_.output();
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
    const bool runs = action.run.method != nullptr;
    if (action.run.is_unknown) {
        count_refused(host_->unknown_methods, Errc::method_not_found, frame, answered);
    }
    if (runs) {
        if (run(self, std::move(action.run), frame.size(), read_at_) > 0)
            starved_ = host_->budget->is_exhausted();
    }
    if (!drain_reason_.empty() && session_.peer_knows_goaway() && phase_ == Phase::serving) {
        begin_goaway();
        return true;
    }
    // Many small requests with large results: not all of their replies at once. Nor those of many
    // requests, unless the peer is behind anyhow.
    const bool is_due = flush_pace_.is_due() && !writing_;
    if (is_due || out.size() >= options_->write_queue_high) flush(self);
    return phase_ != Phase::closed;
}

void ServerConnection::count_refused(
    CallMetrics::Method* method, Errc code, codec::Bytes frame, std::size_t answered
) {
    const std::size_t reply_bytes = thread_.output().size() - answered;
    thread_.calls().add(method, code, frame.size(), reply_bytes, read_at_);
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
    const std::size_t waiting = held_requests_ ? held_requests_->bytes() : 0;
    const std::size_t streams = streams_ ? streams_->held_bytes() : 0;
    const std::size_t now = stream_.held_bytes() + waiting + streams;
    shard_->account(held_, now);
    held_ = now;
    shard_->make_room();
}

void ServerConnection::settle(const Self& self) {
    if (self->phase_ == Phase::closed) return;
    self->account_bytes();
    self->account_held();
    if (self->phase_ == Phase::closed) return;
    self->starved_ = self->phase_ == Phase::serving && self->host_->budget->is_exhausted();
    if (self->has_waiting() && self->may_hand_out()) return resume(self);
    // A plain peer has its answers to all that was read by then; the others know what is dropped.
    if (self->phase_ == Phase::draining && !self->has_waiting()) self->session_.end_admission();

    const bool said_all =
        self->stream_.queue().empty() && self->session_.in_flight() == 0 && !self->has_waiting();
    const bool over = self->phase_ == Phase::draining || self->ended_;
    if (over && said_all && self->phase_ != Phase::lingering) return linger(self);
    // One that is drained is read from for what handlers wait for: answers of the peer, its end,
    // and what is about streams.
    const bool drains = self->phase_ == Phase::draining && !self->session_.admits() &&
                        self->session_.in_flight() > 0;
    const bool reads = (self->phase_ == Phase::serving || drains) && !self->ended_;
    if (self->phase_ == Phase::lingering || (reads && self->may_read())) arm_read(self);
}

void ServerConnection::resume(const Self& self) {
    self->handing_out_ = true;
    self->flush_pace_.begin();
    auto status = MessageStream::ReadStatus::ok;
    const bool goes_on = self->handle_held(self);
    if (goes_on && self->stream_.reader().paused() && self->may_hand_out()) {
        status =
            self->stream_.resume([&](codec::Bytes frame) { return self->on_message(self, frame); });
    }
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
    if (self->has_waiting() && self->may_hand_out()) return schedule_flush(self);
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
    shard_->watch(*this, deadline);
}

// Replies of handlers that end in one turn of the loop leave in one write.
void ServerConnection::schedule_flush(const Self& self) {
    if (std::exchange(self->flush_scheduled_, true)) return;
    asio::post(self->thread_.context(), [self] {
        self->flush_scheduled_ = false;
        if (self->phase_ == Phase::closed) return;
        act_or_end(self, [&self] {
            flush(self);
            settle(self);
        });
    });
}

}  // namespace rollcall::rpc
