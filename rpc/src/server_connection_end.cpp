// How a server's connection ends: by a goaway, by what the peer does or fails to do, by time.

#include "server_connection.h"
#include "server_core.h"
#include "server_shard.h"

#include <utility>

namespace rollcall::rpc {
namespace {

// A half message that has not grown by this much within the stall time-out is dripping.
constexpr std::size_t kProgressBytes = std::size_t{16} << 10U;
// How long the peer may take to read the last bytes before the close.
constexpr Duration kLingerTime = std::chrono::seconds{2};

}  // namespace

// Closing a socket with unread bytes resets it, and a reset takes replies that the peer has not
// read yet with it. So: end the stream, read away what comes until the peer closes, then close.
void ServerConnection::linger(const Self& self) {
    if (self->ended_) return self->close("the peer has left");
    self->phase_ = Phase::lingering;
    self->stream_.reader().drop_kept();
    self->active_ = self->shard_->now();
    self->stream_.transport().finish_sending();
    arm_read(self);
}

void ServerConnection::drain(const Self& self, const std::string& reason, Duration grace) {
    if (self->phase_ != Phase::serving) return;
    self->drain_reason_ = reason;
    self->drain_grace_ = grace;
    if (self->session_.peer_knows_goaway()) {
        self->begin_goaway();
        flush(self);
        return settle(self);
    }
    // What has arrived by now is read and answered; a hello among it makes this a goaway.
    on_readable(self);
    const bool plain = self->session_.heard() && !self->session_.peer_knows_goaway();
    if (self->phase_ == Phase::serving && plain) self->phase_ = Phase::draining;
    if (self->phase_ != Phase::closed) settle(self);
}

void ServerConnection::drain_silent(const Self& self) {
    if (self->phase_ != Phase::serving || self->drain_reason_.empty()) return;
    self->phase_ = Phase::draining;
    settle(self);
}

void ServerConnection::begin_goaway() {
    session_.write_goaway(thread_.output(), drain_reason_, drain_grace_);
    phase_ = Phase::draining;
    // What came after the goaway's last id is not executed, and the peer knows it.
    session_.end_admission();
    held_requests_.reset();
}

void ServerConnection::check_time(const Self& self, TimePoint now) {
    if (self->phase_ == Phase::closed) return;
    if (const char* const reason = self->exceeded_time(now)) return self->fail(reason);
    const bool idle = self->phase_ == Phase::serving && self->heard_bytes_ &&
                      self->session_.in_flight() == 0 && self->stream_.queue().empty() &&
                      !self->stream_.reader().has_partial() &&
                      now - self->active_ >= self->options_->idle_timeout;
    if (idle) return drain(self, "idle", self->options_->drain_timeout);
    // One that is not read from has left perhaps, with requests in front of its end.
    if (!self->may_read() && self->stream_.transport().has_ended() &&
        self->session_.peer_is_rollcall())
        return self->lose("the peer has left");
    self->look_alive(self, now);
    resume_starved(self);  // handlers of closed connections may have ended: nobody announces that
}

const char* ServerConnection::exceeded_time(TimePoint now) {
    if (phase_ == Phase::lingering)
        return now - active_ >= kLingerTime ? "it does not close" : nullptr;
    if (!heard_bytes_ && now - active_ >= options_->first_byte_timeout) return "it said nothing";
    const std::size_t half = stream_.reader().has_partial() ? stream_.reader().held_bytes() : 0;
    const bool reads = half > 0 && may_read() && phase_ == Phase::serving;
    reads ? reading_progress_.look(messages_, half, kProgressBytes, now) : reading_progress_.rest();
    if (reading_progress_.stalled_for(options_->stall_timeout, now)) return "its message stalled";
    const bool writes = !stream_.queue().empty();
    writes ? writing_progress_.look(0, stream_.written(), 1, now) : writing_progress_.rest();
    if (writing_progress_.stalled_for(options_->stall_timeout, now))
        return "it does not read its replies";
    return nullptr;
}

Deadline ServerConnection::expire(const Self& self, TimePoint now) {
    self->session_.incoming().expire(now);
    expire_streams(self, now);
    Deadline earliest = self->session_.incoming().earliest().earlier(self->earliest_stream());
    if (OutgoingCalls* const outgoing = self->session_.outgoing()) {
        codec::Buffer cancels;
        outgoing->set_position(self->position());
        outgoing->expire(now, cancels);
        self->stream_.queue().append(cancels, 0);
        earliest = earliest.earlier(outgoing->earliest());
        if (self->phase_ != Phase::closed && !self->stream_.queue().empty()) schedule_flush(self);
    }
    return earliest;
}

void ServerConnection::give_way() {
    fail("the server holds too many unfinished messages, and most of them of this peer");
}

void ServerConnection::lose(const std::string& reason) {
    if (phase_ == Phase::closed) return;
    shard_->log_close(stream_.transport().peer(), reason, LogLevel::debug);
    close(reason);
}

void ServerConnection::fail(const std::string& reason) {
    if (phase_ == Phase::closed) return;
    // A probe of a load balancer connects and says nothing; that is no news.
    const bool news = phase_ == Phase::serving && heard_bytes_ && !ended_;
    shard_->log_close(
        stream_.transport().peer(), reason, news ? LogLevel::warning : LogLevel::debug
    );
    close(reason);
}

void ServerConnection::close(std::string_view reason) {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    const std::uint64_t written = stream_.written();
    account_bytes();
    stream_.transport().close();
    // Handlers that still run keep this object, but not what it holds of its peer's.
    stream_.queue().clear();
    held_requests_.reset();
    if (!handing_out_) stream_.reader().drop_kept();
    ServerShard* const shard = std::exchange(shard_, nullptr);
    shard->forget_deadline(*this);
    shard->account(std::exchange(held_, 0), 0);
    close_requests();
    fail_outgoing(written, reason);
    part(greeted_, reason);
    shard->on_closed(*this);
}

}  // namespace rollcall::rpc
