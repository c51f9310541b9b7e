#pragma once
// One connection of a server: moves bytes between the socket, its session and the handlers.

#include "connection.h"
#include "flush_pace.h"
#include "held_requests.h"
#include "keepalive.h"
#include "progress_watch.h"
#include "server_session.h"

#include <memory>
#include <string>

namespace rollcall::rpc {

class ServerShard;

// Its shard owns it while it is open.
class ServerConnection final : public Connection {
public:
    using Self = std::shared_ptr<ServerConnection>;

    ServerConnection(ServerShard& shard, Transport transport, TimePoint now);

    static void open(const Self& self);

    // Takes no new requests: says goaway to peers that know it, answers what was read, then ends
    // the stream. A peer that has not said a word is given until drain_silent().
    static void drain(const Self& self, const std::string& reason, Duration grace);
    static void drain_silent(const Self& self);

    // Reads on if it was stopped by the server's limit on request bytes.
    static void resume_starved(const Self& self);

    // Ends what has exceeded its time. Called now and then.
    static void check_time(const Self& self, TimePoint now);

    // At once, whatever is under way.
    void close(std::string_view reason);

    // Closes it because it holds more than others while the server has no room left.
    void give_way();

    // Bytes that it holds for half messages, kept bytes and unsent replies, as its shard knows it.
    [[nodiscard]] std::size_t held() const noexcept { return held_; }

    [[nodiscard]] const ServerSession& session() const noexcept { return session_; }

    // What there is to know about it.
    [[nodiscard]] ConnectionFacts facts(TimePoint now) const;

    // It is of this process itself and needs no token. Before open().
    void trust() {
        own_ = true;
        session_.trust();
    }

    // Stops what has exceeded its deadline; the earliest of the rest.
    static Deadline expire(const Self& self, TimePoint now);

    // Calls of the server to this peer.
    void submit_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) override;
    void cancel_here(const std::shared_ptr<PeerLink>& self, const CallPtr& call) override;
    void disconnect_here(const std::shared_ptr<PeerLink>& self, std::string reason) override;

private:
    enum class Phase {
        serving,
        draining,   // begins nothing more, answers what it has
        lingering,  // has said all; reads away what still comes, so that closing does not reset
        closed,
    };

    static void arm_read(const Self& self);
    static void arm_write(const Self& self);
    static void on_readable(const Self& self);
    static void on_writable(const Self& self);
    static void linger(const Self& self);
    // After anything happened: reads on, ends the stream or waits, as the state demands.
    static void settle(const Self& self);
    // Tells the shard what this has read and written since the last time.
    void account_bytes();
    // Tells the shard what this holds; that may close this or another connection.
    void account_held();
    static void resume(const Self& self);
    // After the reader has handed out messages. False if that closed the connection.
    [[nodiscard]] bool end_handing_out();
    static void flush(const Self& self);
    static void schedule_flush(const Self& self);
    static void answer_http(const Self& self);

    [[nodiscard]] bool on_first_bytes(const Self& self, codec::Bytes bytes);
    // False if no more messages are to be handed out now.
    [[nodiscard]] bool on_message(const Self& self, codec::Bytes frame);
    [[nodiscard]] bool handle(const Self& self, codec::Bytes frame);
    // For what comes while the connection is at its limits: true if the message waits, or has been
    // refused.
    [[nodiscard]] bool put_off(codec::Bytes frame);
    // A message about the stream that the request with this id opens: true if that waits.
    [[nodiscard]] bool put_off_of_stream(std::uint32_t id, codec::Bytes frame);
    void refuse_overloaded(codec::Bytes frame, const ServerSession::Glance& glance);
    // Handles what has waited, as far as the limits allow. False if that ended the handing out.
    [[nodiscard]] bool handle_held(const Self& self);
    // The peer has said something, and may call: the program hears of it, once.
    void greet(const Self& self);
    // A request that no handler gets; what was said to it begins at `answered` of the output.
    void count_refused(
        CallMetrics::Method* method, Errc code, codec::Bytes frame, std::size_t answered
    );
    // What this asked of the peer ends with the connection.
    void fail_outgoing(std::uint64_t written, std::string_view reason);
    void begin_goaway();

    [[nodiscard]] IncomingCalls& incoming() override { return session_.incoming(); }

    [[nodiscard]] ReplyFormat reply_format() const override { return session_.reply_format(); }

    [[nodiscard]] StreamBounds stream_bounds() const override {
        return {options_->streams, options_->limits, options_->write_queue_high};
    }

    [[nodiscard]] StreamPeer stream_peer() const override { return session_.stream_peer(); }

    void give_up_call(std::uint32_t id, Error why, codec::Buffer& out) override;
    void send_output(const Base& self) override;

    [[nodiscard]] PeerSettings peer_settings() const override {
        return {options_->call_timeout, options_->write_queue_high, host_->load};
    }

    void watch(Deadline deadline) override;
    void on_reply_queued(const Base& self) override;
    void release(std::size_t bytes) override;

    // Notifications that the kernel has taken are not kept in mind.
    void note_written();

    [[nodiscard]] std::uint64_t position() const noexcept {
        return stream_.written() + stream_.queue().bytes();
    }

    // Whether something is awaited of the peer, so that reading goes on at the limits.
    [[nodiscard]] bool reads_on() const;
    // True while no further request may begin.
    [[nodiscard]] bool is_held() const;

    // Requests that wait may begin, or are to be dropped.
    [[nodiscard]] bool may_hand_out() const { return !is_held() || !session_.admits(); }

    // Requests have been read that have not begun.
    [[nodiscard]] bool has_waiting() const;
    // Whether more may be read from the peer.
    [[nodiscard]] bool may_read() const;
    // Whether this is in a state in which it asks for signs of life, and gives up without.
    void look_alive(const Self& self, TimePoint now);
    // What was read is news, and not only the answer to a question whether the peer lives.
    [[nodiscard]] bool has_been_active(std::uint64_t messages_before);
    [[nodiscard]] const char* exceeded_time(TimePoint now);
    // Closes it, and returns true, if more than write_queue_hard bytes are unsent.
    [[nodiscard]] bool fail_if_unread();
    // Closes it for what the peer did.
    void fail(const std::string& reason);
    // Closes it because it is gone: the peer has left, which is no news.
    void lose(const std::string& reason);

    friend class ServerShard;

    ServerShard* shard_;  // null once closed
    const std::shared_ptr<const ServerOptions> options_;
    ServerSession session_;
    std::string drain_reason_;  // not empty: to be drained
    Duration drain_grace_{0};
    TimePoint active_;                // when something was last read or replied
    TimePoint read_at_{};             // when the messages that are handed out were read
    ProgressWatch reading_progress_;  // of half messages
    ProgressWatch writing_progress_;  // of unsent replies
    const TimePoint began_;
    Keepalive keepalive_;
    TimePoint heard_at_;                      // when something was last read
    TimePoint looked_at_ = TimePoint::max();  // when the shard looks at its deadlines; the shard's
    std::unique_ptr<HeldRequests> held_requests_;  // null as long as there are none
    std::uint64_t messages_ = 0;
    std::uint64_t told_read_ = 0;  // of account_bytes()
    std::uint64_t told_written_ = 0;
    std::size_t held_ = 0;
    Phase phase_ = Phase::serving;
    bool heard_bytes_ = false;
    bool ended_ = false;  // the peer has finished sending
    bool reading_ = false;
    bool writing_ = false;
    bool flush_scheduled_ = false;
    bool starved_ = false;  // held by the server's limit on request bytes
    FlushPace flush_pace_;
    bool greeted_ = false;
    bool own_ = false;
};

}  // namespace rollcall::rpc
