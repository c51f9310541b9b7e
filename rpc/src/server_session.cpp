#include "server_session.h"

#include <rollcall/base/random.h>
#include <rollcall/base/secret.h>

#include "stream_messages.h"

#include <algorithm>
#include <limits>

namespace rollcall::rpc {

SessionAction ServerSession::on_message(codec::Bytes frame, codec::Buffer& out) {
    SessionAction action;
    codec::Message message;
    heard_ = true;
    const auto shape =
        peer_.features.has(Feature::metadata) ? codec::Shape::with_metadata : codec::Shape::plain;
    if (const auto bad = codec::parse_message(frame, message, shape)) {
        if (bad->request_id && !admits_) return action;
        if (bad->request_id) {
            last_id_ = message.id = *bad->request_id;
            refuse(message, out, Errc::invalid_request, bad->reason);
        } else {
            action.close = bad->reason;
        }
        return action;
    }
    if (message.type == codec::MessageType::response) {
        if (outgoing_) outgoing_->on_response(message, frame.size());
        return action;
    }
    if (is_dropped(message)) return action;
    const bool is_request = message.type == codec::MessageType::request;
    if (is_request && admits_) last_id_ = message.id;
    if (const auto why = why_not(message)) {
        if (is_request) refuse(message, out, why->code(), why->message());
    } else if (is_request && message.method == kHelloMethod) {
        on_hello(message, out);
    } else if (is_request || (!incoming_.on_control(message) && admits_)) {
        action.run = incoming_.admit(message, out, reply_format());
    }
    return action;
}

bool ServerSession::is_dropped(const codec::Message& message) const {
    const bool is_request = message.type == codec::MessageType::request;
    return !admits_ && is_request && message.method != kPingMethod;
}

ServerSession::Glance ServerSession::glance(codec::Bytes frame) const {
    Glance glance;
    codec::Message message;
    const auto shape =
        peer_.features.has(Feature::metadata) ? codec::Shape::with_metadata : codec::Shape::plain;
    if (codec::parse_message(frame, message, shape)) return glance;
    glance.method = message.method;
    if (message.type == codec::MessageType::request) {
        glance.id = message.id;
        glance.can_wait = message.method != kPingMethod;
    } else if (message.type == codec::MessageType::notification) {
        const bool of_stream = is_stream_message(message.method);
        if (message.method == kCancelMethod) glance.cancels = read_cancel(message.params);
        const auto about =
            of_stream ? read_stream_message(message.method, message.params) : std::nullopt;
        if (about && !about->key.ours) glance.stream = about->key.id;
        glance.can_wait = message.method != kCancelMethod && !of_stream;
    }
    return glance;
}

std::optional<Error> ServerSession::why_not(const codec::Message& message) {
    const bool is_request = message.type == codec::MessageType::request;
    if (is_request && incoming_.is_taken(message.id)) {
        // It is not executed, and the first one keeps its id.
        return Error{
            Errc::invalid_request,
            "a request with id " + std::to_string(message.id) + " is in flight"};
    }
    if (may_call() || (is_request && message.method == kHelloMethod)) return std::nullopt;
    ++unauthenticated_;
    return Error{Errc::unauthenticated, "this server needs a token, sent with $/hello"};
}

void ServerSession::refuse(
    const codec::Message& message, codec::Buffer& out, Errc code, std::string why
) {
    write_error(out, message.id, Error{code, std::move(why)}, reply_format());
}

void ServerSession::on_hello(const codec::Message& message, codec::Buffer& out) {
    const auto hello = read_hello_params(message.params);
    if (!hello) {
        return refuse(
            message, out, Errc::invalid_arguments, "'$/hello' takes one map with the key 'v'"
        );
    }
    if (!options_.token.empty() && !trusted_) {
        authenticated_ = same_secret(options_.token, hello->token);
        if (!authenticated_) {
            ++unauthenticated_;
            const char* const why =
                hello->token.empty() ? "this server needs a token" : "the token is not valid";
            return refuse(message, out, Errc::unauthenticated, why);
        }
    }
    Hello ours;
    ours.features = Features::all();
    ours.max_message_bytes = options_.limits.max_message_bytes;
    ours.name = options_.name;
    ours.stream_window = options_.streams.window;
    codec::write_result_head(out, message.id);
    write_hello_map(out, ours);
    peer_.dialect = Dialect::rollcall;
    peer_.features = hello->features;
    peer_.max_message_bytes = static_cast<std::size_t>(
        std::min<std::uint64_t>(hello->max_message_bytes, std::numeric_limits<std::size_t>::max())
    );
    peer_.stream_window = hello->stream_window;
    if (outgoing_) outgoing_->peer() = peer_;
}

OutgoingCalls& ServerSession::outgoing(const std::string& endpoint) {
    if (!outgoing_) {
        outgoing_ = std::make_unique<OutgoingCalls>(
            options_.limits.max_message_bytes, endpoint, static_cast<std::uint32_t>(random_u64())
        );
        outgoing_->peer() = peer_;
        // A peer that has said something else first is a plain one.
        if (heard_ && peer_.dialect == Dialect::unknown) outgoing_->peer().dialect = Dialect::plain;
    }
    return *outgoing_;
}

ReplyFormat ServerSession::reply_format() const {
    const std::size_t ours = options_.limits.max_message_bytes;
    const std::size_t theirs = peer_.max_message_bytes;
    return {peer_.features, theirs == 0 ? ours : std::min(ours, theirs), options_.limits.max_depth};
}

void ServerSession::write_goaway(codec::Buffer& out, std::string reason, Duration grace) const {
    Goaway goaway;
    goaway.reason = std::move(reason);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(grace).count();
    goaway.grace_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0));
    goaway.last_id = last_id_;
    rpc::write_goaway(out, goaway);
}

}  // namespace rollcall::rpc
