#pragma once
// The client's side of one connection: calls in, bytes out; messages in, completions out. No I/O.

#include <rollcall/codec/message.h>
#include <rollcall/rpc/client.h>

#include "hello.h"
#include "outgoing_calls.h"
#include "session_action.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::rpc {

// Pure: takes `now`, touches no socket. One thread at a time.
class ClientSession {
public:
    // `methods` are those that the server may call.
    ClientSession(
        const ClientOptions& options, const MethodTable& methods, std::string endpoint, bool hello
    );
    // `first_id` is the id of the first request; it is random otherwise, so that a reply meant for
    // an earlier connection is unlikely to match.
    ClientSession(
        const ClientOptions& options,
        const MethodTable& methods,
        std::string endpoint,
        bool hello,
        std::uint32_t first_id
    );

    // The first bytes of the connection: the hello, unless it is plain.
    void open(codec::Buffer& out);

    // Whether this call has to wait until the server has answered the hello.
    [[nodiscard]] bool awaits_hello(const Call& next) const {
        return next.invocation.awaits_hello() && dialect() == Dialect::unknown;
    }

    // False while as many calls are in flight as the options allow, too.
    [[nodiscard]] bool can_start(const Call& next) const {
        return !awaits_hello(next) && next_fits(next);
    }

    // Streams have a limit of their own.
    [[nodiscard]] bool next_fits(const Call& next) const {
        return next.kind == Call::Kind::stream || calls_.calls() < options_.max_in_flight;
    }

    // One message of the server. What it answers goes to `out`.
    [[nodiscard]] SessionAction on_message(codec::Bytes frame, codec::Buffer& out);

    [[nodiscard]] OutgoingCalls& calls() noexcept { return calls_; }

    [[nodiscard]] const OutgoingCalls& calls() const noexcept { return calls_; }

    [[nodiscard]] IncomingCalls& incoming() noexcept { return incoming_; }

    [[nodiscard]] const IncomingCalls& incoming() const noexcept { return incoming_; }

    [[nodiscard]] ReplyFormat reply_format() const;

    [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }

    // What the server has said about streams.
    [[nodiscard]] StreamPeer stream_peer() const {
        return {calls_.peer().stream_window, reply_format().max_bytes};
    }

    // The server takes no new calls; those in flight are being answered.
    [[nodiscard]] bool going_away() const { return goaway_.has_value(); }

    // After a goaway: the calls that the server has not executed and never will.
    [[nodiscard]] std::vector<CallPtr> take_unexecuted();

    [[nodiscard]] Dialect dialect() const { return calls_.peer().dialect; }

    [[nodiscard]] bool says_hello() const { return says_hello_; }

    // True if the hello was sent and no message has come since.
    [[nodiscard]] bool hello_unanswered() const { return hello_id_.has_value() && !heard_; }

    [[nodiscard]] const codec::Limits& limits() const { return options_.limits; }

    // Whether a connection may keep this many bytes that the kernel does not take. Calls alone stay
    // below: one more is sent only below write_queue_bytes. Answers to the server's own requests
    // go over if it asks and does not read.
    [[nodiscard]] bool may_keep_unsent(std::size_t bytes) const {
        const std::size_t calls = options_.write_queue_bytes;
        return bytes <= calls || bytes - calls <= options_.limits.max_message_bytes;
    }

private:
    [[nodiscard]] Admitted on_request(const codec::Message& message, codec::Buffer& out);
    void on_hello_response(const codec::Message& message);
    // True for the protocol's own notifications.
    [[nodiscard]] bool on_control(const codec::Message& message);

    const ClientOptions& options_;
    const bool says_hello_;
    OutgoingCalls calls_;
    IncomingCalls incoming_;
    std::optional<std::uint32_t> hello_id_;
    std::optional<Goaway> goaway_;
    bool heard_ = false;
};

}  // namespace rollcall::rpc
