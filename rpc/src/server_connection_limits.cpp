// What a server's connection does at its limits: it begins nothing more, and hears the rest.

#include "server_connection.h"
#include "server_core.h"
#include "server_shard.h"

namespace rollcall::rpc {

bool ServerConnection::is_held() const {
    const bool is_full = session_.incoming().calls() >= options_->max_in_flight || starved_;
    return is_full || stream_.queue().bytes() >= options_->write_queue_high;
}

bool ServerConnection::has_waiting() const {
    return (held_requests_ && !held_requests_->empty()) || stream_.reader().paused();
}

bool ServerConnection::reads_on() const {
    const OutgoingCalls* const outgoing = session_.outgoing();
    const bool awaits =
        (outgoing != nullptr && outgoing->size() > 0) || (streams_ && streams_->size() > 0);
    return awaits && stream_.queue().bytes() < options_->write_queue_high;
}

bool ServerConnection::may_read() const {
    if (stream_.reader().paused()) return false;
    return reads_on() || !held_requests_ || !held_requests_->is_full();
}

// Requests wait here instead of in the kernel, up to a limit, so that answers of the peer,
// `$/cancel`, what is about streams and the peer's end, which come behind them, are heard. A server
// that itself waits for something of the peer refuses what is beyond even that: it would never
// come.
bool ServerConnection::put_off(codec::Bytes frame) {
    const ServerSession::Glance glance = session_.glance(frame);
    if (glance.cancels && held_requests_) held_requests_->refuse(*glance.cancels, Errc::cancelled);
    if (glance.stream && put_off_of_stream(*glance.stream, frame)) return true;
    if (!glance.can_wait) return false;
    if (!held_requests_) held_requests_ = std::make_unique<HeldRequests>();
    if (!held_requests_->is_full() || !reads_on()) {
        held_requests_->push(frame, glance.id, read_at_);
        return true;
    }
    refuse_overloaded(frame, glance);
    return true;
}

// A stream begins with its request: what the peer has sent right behind that waits with it. The
// peer's credit bounds it, but only if the peer heeds that, and there may be many such streams.
bool ServerConnection::put_off_of_stream(std::uint32_t id, codec::Bytes frame) {
    if (!held_requests_ || !held_requests_->holds(id)) return false;
    if (!held_requests_->is_full() || !reads_on()) {
        held_requests_->push_behind(id, frame);
    } else {
        held_requests_->refuse(id, Errc::overloaded);
    }
    return true;
}

void ServerConnection::refuse_overloaded(codec::Bytes frame, const ServerSession::Glance& glance) {
    host_->load->overloaded.fetch_add(1, std::memory_order_relaxed);
    const Error error{Errc::overloaded, "the server handles too many requests of this peer"};
    const std::size_t answered = thread_.output().size();
    write_error(thread_.output(), glance.id, error, reply_format());
    const MethodEntry* const method = host_->methods->find(glance.method);
    CallMetrics::Method* const counts =
        method != nullptr ? method->metrics : host_->unknown_methods;
    count_refused(counts, error.code(), frame, answered);
}

bool ServerConnection::handle_held(const Self& self) {
    const TimePoint last_read = read_at_;
    bool goes_on = true;
    while (goes_on && held_requests_ && !held_requests_->empty() && may_hand_out()) {
        const HeldRequests::Held held = held_requests_->pop();
        read_at_ = held.read;  // from when on its time counts
        if (held.refused == Errc{}) {
            goes_on = handle(self, held.message);
            for (std::size_t i = 0; goes_on && i < held.behind.size(); ++i)
                goes_on = handle(self, held.behind[i]);
        } else if (held.refused == Errc::overloaded) {
            refuse_overloaded(held.message, session_.glance(held.message));
        } else {
            const Error error{Errc::cancelled, "the caller cancelled the call"};
            write_error(thread_.output(), held.id, error, reply_format());
        }
        thread_.calls().end(read_at_);
    }
    read_at_ = last_read;
    if (held_requests_ && held_requests_->empty()) held_requests_.reset();
    return goes_on;
}

bool ServerConnection::has_been_active(std::uint64_t messages_before) {
    OutgoingCalls* const outgoing = session_.outgoing();
    const std::uint64_t pongs = outgoing != nullptr ? outgoing->take_pongs() : 0;
    return pongs == 0 || messages_ - messages_before > pongs;
}

void ServerConnection::look_alive(const Self& self, TimePoint now) {
    const bool is_ours = phase_ == Phase::serving || phase_ == Phase::draining;
    if (!is_ours || !session_.peer_is_rollcall()) return;
    const bool waits = session_.in_flight() > 0 || host_->on_disconnect;
    const auto step = keepalive_.look(waits, heard_at_, now, [this] {
        return stream_.queue().bytes() + stream_.transport().unacknowledged();
    });
    if (step == Keepalive::Step::nothing) return;
    if (step == Keepalive::Step::give_up) {
        ServerShard::add(shard_->counters.lost_peers, 1);
        return fail("it shows no sign of life");
    }
    OutgoingCalls& outgoing = session_.outgoing(peer_state(self)->name());
    outgoing.set_position(position());
    outgoing.write_ping(thread_.output());
    flush(self);
}

}  // namespace rollcall::rpc
