#pragma once
// The connections of one I/O thread that are on their way to being encrypted.

#include <rollcall/base/clock.h>
#include <rollcall/codec/buffer.h>

#include "transport.h"

#include <deque>
#include <memory>
#include <string_view>
#include <unordered_set>

namespace rollcall::rpc {

class ServerShard;

// A port speaks TLS or it does not. What a peer says first is looked at before OpenSSL is, so that
// who speaks something else is told, and who says nothing costs no more than a socket. Of those
// that have begun max_handshakes are under way at a time; the others wait, in the order in which
// their first bytes came. All of it takes handshake_timeout at most.
//
// Touched on its thread only. Each counts as a connection of the server until it is handed on to
// the shard or has ended.
class ServerHandshakes {
public:
    explicit ServerHandshakes(ServerShard& shard) : shard_(shard) {}

    void begin(StreamSocket socket, TimePoint now);
    void check_time(TimePoint now);
    void close_all();

private:
    struct One;
    using Self = std::shared_ptr<One>;

    void listen(const Self& one);
    void on_first_byte(const Self& one);
    void take_turn(const Self& one);
    void shake_hands(const Self& one);
    // Sends what there is to say to a peer that speaks no TLS, or nothing, then waits for its end.
    void dismiss(const Self& one, std::string_view answer);
    void read_away(const Self& one);
    void refuse_plain(const Self& one, char first);
    void answer_plain(const Self& one, codec::Bytes bytes);
    void on_failure(const Self& one, const tls::Step& step);
    void log_late(const One& one) const;
    void log(const One& one, std::string_view reason, bool is_news) const;
    void end(const Self& one);
    void next_turn(const Self& one);

    ServerShard& shard_;
    std::unordered_set<Self> all_;
    std::deque<Self> waiting_;  // in order; some have ended meanwhile
    std::size_t under_way_ = 0;
};

}  // namespace rollcall::rpc
