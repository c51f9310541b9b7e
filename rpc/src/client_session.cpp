#include "client_session.h"

#include <rollcall/base/random.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rollcall::rpc {

ClientSession::ClientSession(
    const ClientOptions& options, const MethodTable& methods, std::string endpoint, bool hello
)
    : ClientSession(
          options, methods, std::move(endpoint), hello, static_cast<std::uint32_t>(random_u64())
      ) {
}

ClientSession::ClientSession(
    const ClientOptions& options,
    const MethodTable& methods,
    std::string endpoint,
    bool hello,
    std::uint32_t first_id
)
    : options_(options),
      says_hello_(hello),
      calls_(options.limits.max_message_bytes, std::move(endpoint), first_id),
      incoming_(methods) {
    if (!hello) calls_.peer().dialect = Dialect::plain;
}

void ClientSession::open(codec::Buffer& out) {
    if (!says_hello_) return;
    hello_id_ = calls_.next_id();
    Hello hello;
    hello.features = Features::all();
    hello.max_message_bytes = options_.limits.max_message_bytes;
    hello.token = options_.token;
    hello.stream_window = options_.streams.window;
    codec::write_request_head(out, *hello_id_);
    write_hello_request_body(out, hello);
}

SessionAction ClientSession::on_message(codec::Bytes frame, codec::Buffer& out) {
    heard_ = true;
    SessionAction action;
    codec::Message message;
    const auto shape = calls_.peer().features.has(Feature::metadata) ? codec::Shape::with_metadata
                                                                     : codec::Shape::plain;
    if (const auto bad = codec::parse_message(frame, message, shape)) {
        action.close = bad->reason;
        return action;
    }
    switch (message.type) {
        case codec::MessageType::response:
            hello_id_ == message.id&& dialect() == Dialect::unknown
                ? on_hello_response(message)
                : calls_.on_response(message, frame.size());
            break;
        case codec::MessageType::notification:
            // One that finds too many before it is dropped.
            if (!on_control(message) && incoming_.calls() < options_.max_in_flight)
                action.run = incoming_.admit(message, out, reply_format());
            break;
        case codec::MessageType::request:
            action.run = on_request(message, out);
            break;
    }
    return action;
}

Admitted ClientSession::on_request(const codec::Message& message, codec::Buffer& out) {
    const auto refuse = [&](Errc code, std::string why) {
        write_error(out, message.id, Error{code, std::move(why)}, reply_format());
        return Admitted{};
    };
    if (incoming_.is_taken(message.id)) {
        return refuse(
            Errc::invalid_request,
            "a request with id " + std::to_string(message.id) + " is in flight"
        );
    }
    // A client that stopped reading would not see the replies to its own calls either.
    if (incoming_.calls() >= options_.max_in_flight)
        return refuse(Errc::overloaded, "this client answers too many requests already");
    return incoming_.admit(message, out, reply_format());
}

bool ClientSession::on_control(const codec::Message& message) {
    if (message.method == kGoawayMethod) {
        if (!goaway_) goaway_ = read_goaway(message.params);
        return true;
    }
    return incoming_.on_control(message);
}

void ClientSession::on_hello_response(const codec::Message& message) {
    const auto hello = message.error == codec::kNil ? read_hello_map(message.result) : std::nullopt;
    PeerFacts& peer = calls_.peer();
    peer.dialect = hello ? Dialect::rollcall : Dialect::plain;
    if (!hello) return;
    peer.features = hello->features;
    peer.stream_window = hello->stream_window;
    peer.max_message_bytes = static_cast<std::size_t>(
        std::min<std::uint64_t>(hello->max_message_bytes, std::numeric_limits<std::size_t>::max())
    );
}

ReplyFormat ClientSession::reply_format() const {
    const std::size_t ours = options_.limits.max_message_bytes;
    const std::size_t theirs = calls_.peer().max_message_bytes;
    return {
        calls_.peer().features,
        theirs == 0 ? ours : std::min(ours, theirs),
        options_.limits.max_depth};
}

std::vector<CallPtr> ClientSession::take_unexecuted() {
    if (!goaway_ || !goaway_->last_id) return calls_.take_all();
    return calls_.take_after(*goaway_->last_id);
}

}  // namespace rollcall::rpc
