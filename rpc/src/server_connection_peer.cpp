// What a server asks of the peer of a connection, and what its program hears of it.

#include "server_connection.h"
#include "server_core.h"
#include "server_shard.h"

#include <utility>

namespace rollcall::rpc {

void ServerConnection::greet(const Self& self) {
    greeted_ = true;
    if (!host_->on_connect && !host_->on_disconnect) return;
    host_->tell_connected(Peer{peer_state(self)});
}

void ServerConnection::submit_here(const std::shared_ptr<PeerLink>& link, const CallPtr& call) {
    const Self self = std::static_pointer_cast<ServerConnection>(link);
    if (call->done) return;  // it was cancelled before it came
    const auto refuse = [&](Errc code, const char* why) {
        if (call->kind == Call::Kind::nothing)
            ServerShard::add(shard_->counters.dropped_notifications, 1);
        fail_call(*call, code, why, Sent::not_sent, peer_state(self)->name());
    };
    // One that has finished sending answers nothing any more.
    if (phase_ == Phase::closed || phase_ == Phase::lingering || ended_) {
        return fail_call(
            *call,
            Errc::connection_lost,
            "the peer is not connected",
            Sent::not_sent,
            peer_state(self)->name()
        );
    }
    if (!call->may_be_sent()) return refuse(Errc::timed_out, "its caller waits no longer");
    OutgoingCalls& calls = session_.outgoing(peer_state(self)->name());
    const bool has_room = call->kind == Call::Kind::stream
                              ? may_open(*call)
                              : calls.calls() < options_->max_in_flight;
    const bool is_full = !has_room || stream_.queue().bytes() >= options_->write_queue_high;
    if (is_full) return refuse(Errc::overloaded, "too much is under way to this peer");
    codec::Buffer& out = thread_.output();
    codec::Buffer out_after;
    calls.set_position(position());
    const auto large_body = calls.start(call, out, out_after, SteadyClock::now());
    if (large_body) {
        stream_.queue().append(out, 0);
        stream_.queue().append(large_body);
        stream_.queue().append(out_after, 0);
    }
    if (!call->done) watch(call->deadline);
    open_stream(self, *call);
    active_ = shard_->now();
    flush(self);
    if (phase_ != Phase::closed) settle(self);
}

void ServerConnection::cancel_here(const std::shared_ptr<PeerLink>& link, const CallPtr& call) {
    if (call->done) return;
    const Self self = std::static_pointer_cast<ServerConnection>(link);
    OutgoingCalls* const calls = session_.outgoing();
    bool was_sent = false;
    if (calls != nullptr) {
        calls->set_position(position());
        was_sent = calls->forget(*call, thread_.output());
    }
    fail_call(
        *call,
        Errc::cancelled,
        "the caller cancelled the call",
        was_sent ? Sent::maybe_sent : Sent::not_sent,
        peer_state(self)->name()
    );
    if (!was_sent) return;
    flush(self);
    if (phase_ != Phase::closed) settle(self);
}

void ServerConnection::give_up_call(std::uint32_t id, Error why, codec::Buffer& out) {
    OutgoingCalls* const calls = session_.outgoing();
    if (calls == nullptr) return;
    calls->set_position(position() + thread_.output().size());
    calls->give_up(id, std::move(why), out);
}

void ServerConnection::send_output(const Base& self) {
    flush(std::static_pointer_cast<ServerConnection>(self));
}

void ServerConnection::disconnect_here(const std::shared_ptr<PeerLink>&, std::string reason) {
    if (phase_ == Phase::closed) return;
    shard_->log_close(stream_.transport().peer(), reason, LogLevel::info);
    close(reason);
}

void ServerConnection::note_written() {
    if (OutgoingCalls* const calls = session_.outgoing()) calls->on_written(stream_.written());
}

void ServerConnection::fail_outgoing(std::uint64_t written, std::string_view reason) {
    OutgoingCalls* const calls = session_.outgoing();
    if (calls == nullptr) return;
    const std::string message = "the connection ended before the reply: " + std::string{reason};
    const std::string name = peer().name();
    for (const CallPtr& call : calls->take_unsent(written))
        fail_call(*call, Errc::connection_lost, message, Sent::not_sent, name);
    for (const CallPtr& call : calls->take_all())
        fail_call(*call, Errc::connection_lost, message, Sent::maybe_sent, name);
}

}  // namespace rollcall::rpc
