#pragma once
// The server's side of one connection: messages in, replies and work out. No I/O.

#include <rollcall/codec/message.h>
#include <rollcall/rpc/server.h>

#include "hello.h"
#include "outgoing_calls.h"
#include "session_action.h"

#include <memory>
#include <optional>
#include <string>

namespace rollcall::rpc {

// Pure; one thread at a time.
class ServerSession {
public:
    ServerSession(const MethodTable& methods, const ServerOptions& options)
        : options_(options), incoming_(methods) {}

    // One message of the peer. What can be answered at once is written to `out`.
    [[nodiscard]] SessionAction on_message(codec::Bytes frame, codec::Buffer& out);

    // What a message is, at a glance.
    struct Glance {
        bool can_wait = false;                 // it asks for work, not for what the protocol owes
        std::optional<std::uint32_t> id;       // of a request
        codec::Bytes method;                   // of the frame
        std::optional<std::uint32_t> cancels;  // the request that is waited for no longer
        std::optional<std::uint32_t> stream;   // it is about the stream that this request opens
    };

    [[nodiscard]] Glance glance(codec::Bytes frame) const;

    // From now on requests and notifications are dropped, unanswered; responses and what the
    // protocol itself says is heard.
    void end_admission() { admits_ = false; }

    [[nodiscard]] bool admits() const { return admits_; }

    [[nodiscard]] IncomingCalls& incoming() noexcept { return incoming_; }

    [[nodiscard]] const IncomingCalls& incoming() const noexcept { return incoming_; }

    // What the server asks of this peer; made for the first such call. `endpoint` names the peer.
    [[nodiscard]] OutgoingCalls& outgoing(const std::string& endpoint);

    // Null if it has asked nothing yet.
    [[nodiscard]] OutgoingCalls* outgoing() const noexcept { return outgoing_.get(); }

    // Calls in flight in either direction.
    [[nodiscard]] std::size_t in_flight() const {
        return incoming_.size() + (outgoing_ ? outgoing_->size() : 0);
    }

    [[nodiscard]] ReplyFormat reply_format() const;

    // The peer has said hello.
    [[nodiscard]] bool peer_is_rollcall() const { return peer_.dialect == Dialect::rollcall; }

    // The peer has said hello and understands goaway.
    [[nodiscard]] bool peer_knows_goaway() const { return peer_.features.has(Feature::goaway); }

    // The peer has sent at least one whole message.
    [[nodiscard]] bool heard() const { return heard_; }

    // The peer may call: it has presented the token, if one is needed.
    [[nodiscard]] bool may_call() const { return options_.token.empty() || authenticated_; }

    // This one needs no token.
    void trust() noexcept { trusted_ = authenticated_ = true; }

    // What the peer has said about streams.
    [[nodiscard]] StreamPeer stream_peer() const {
        return {peer_.stream_window, reply_format().max_bytes};
    }

    // Tells the peer that requests after the last one seen here will not be executed.
    void write_goaway(codec::Buffer& out, std::string reason, Duration grace) const;

    // Requests refused for want of a token since the last time this was asked.
    [[nodiscard]] std::uint64_t take_unauthenticated() {
        return std::exchange(unauthenticated_, 0);
    }

private:
    void on_hello(const codec::Message& message, codec::Buffer& out);
    // True if the message is none that is handled now.
    [[nodiscard]] bool is_dropped(const codec::Message& message) const;
    void refuse(const codec::Message& message, codec::Buffer& out, Errc code, std::string why);
    // Why the request is not to be executed, if it is not.
    [[nodiscard]] std::optional<Error> why_not(const codec::Message& message);

    const ServerOptions& options_;
    IncomingCalls incoming_;
    std::unique_ptr<OutgoingCalls> outgoing_;
    PeerFacts peer_;
    std::optional<std::uint32_t> last_id_;
    std::uint64_t unauthenticated_ = 0;
    bool heard_ = false;
    bool authenticated_ = false;
    bool trusted_ = false;
    bool admits_ = true;
};

}  // namespace rollcall::rpc
