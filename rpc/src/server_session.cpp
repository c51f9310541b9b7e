#include "server_session.h"

#include <rollcall/codec/error_codec.h>

#include <algorithm>

namespace rollcall::rpc {
namespace {

// Takes as long for a near miss as for a far one, so that time does not tell a token.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        difference |= static_cast<unsigned>(
            static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])
        );
    }
    return difference == 0;
}

}  // namespace

ServerAction ServerSession::on_message(codec::Bytes frame, codec::Buffer& out) {
    ServerAction action;
    codec::Message message;
    heard_ = true;
    if (const auto bad = codec::parse_message(frame, message)) {
        if (bad->request_id) {
            last_id_ = bad->request_id;
            write_error(out, bad->request_id, Errc::invalid_request, bad->reason);
        } else {
            action.close = bad->reason;
        }
        return action;
    }
    // Nothing was asked of this peer, so a response has no call here.
    if (message.type == codec::MessageType::response) return action;
    const bool is_request = message.type == codec::MessageType::request;
    if (is_request) last_id_ = message.id;
    action.request.id = is_request ? std::optional{message.id} : std::nullopt;
    if (is_request && in_flight_.contains(message.id)) {
        // It is not executed, and the first one keeps its id.
        write_error(
            out,
            message.id,
            Errc::invalid_request,
            "a request with id " + std::to_string(message.id) + " is in flight"
        );
        return action;
    }

    if (is_request && message.method == kHelloMethod) {
        on_hello(message, out);
        return action;
    }
    if (!may_call()) {
        ++unauthenticated_;
        write_error(
            out,
            action.request.id,
            Errc::unauthenticated,
            "this server needs a token, sent with $/hello"
        );
        return action;
    }
    action.run = methods_.find(message.method);
    action.request.method = message.method;
    action.request.params = message.params;
    if (action.run == nullptr && is_request) {
        write_error(
            out, action.request.id, Errc::method_not_found, methods_.not_found(message.method)
        );
    }
    return action;
}

void ServerSession::on_hello(const codec::Message& message, codec::Buffer& out) {
    const auto hello = read_hello_params(message.params);
    if (!hello) {
        return write_error(
            out, message.id, Errc::invalid_arguments, "'$/hello' takes one map with the key 'v'"
        );
    }
    if (!options_.token.empty()) {
        authenticated_ = equal_in_constant_time(hello->token, options_.token);
        if (!authenticated_) {
            ++unauthenticated_;
            const char* const why =
                hello->token.empty() ? "this server needs a token" : "the token is not valid";
            return write_error(out, message.id, Errc::unauthenticated, why);
        }
    }
    peer_knows_goaway_ = hello->goaway;
    peer_max_message_bytes_ = hello->max_message_bytes;
    Hello ours;
    ours.goaway = true;
    ours.max_message_bytes = options_.limits.max_message_bytes;
    ours.name = options_.name;
    codec::write_result_head(out, message.id);
    write_hello_map(out, ours);
}

void ServerSession::begin(const MethodEntry& method, std::optional<std::uint32_t> id) {
    if (id) {
        in_flight_.emplace(*id, &method);
    } else {
        ++notifications_in_flight_;
    }
}

void ServerSession::end(std::optional<std::uint32_t> id) {
    if (id) {
        in_flight_.erase(*id);
    } else {
        --notifications_in_flight_;
    }
}

void ServerSession::limit_reply(
    codec::Buffer& out, std::size_t start, std::optional<std::uint32_t> id
) const {
    const std::size_t size = out.size() - start;
    const std::size_t limit = max_reply_bytes();
    if (size <= limit) return;
    out.truncate(start);
    write_error(
        out,
        id,
        Errc::result_too_large,
        "the result has " + std::to_string(size) + " bytes; the limit is " + std::to_string(limit)
    );
}

std::size_t ServerSession::max_reply_bytes() const {
    const std::size_t ours = options_.limits.max_message_bytes;
    if (peer_max_message_bytes_ == 0) return ours;
    return static_cast<std::size_t>(std::min<std::uint64_t>(ours, peer_max_message_bytes_));
}

std::string ServerSession::names_in_flight() const {
    std::string names;
    for (const auto& [id, method] : in_flight_) {
        if (names.find("'" + method->name + "'") != std::string::npos) continue;
        names += (names.empty() ? "'" : ", '") + method->name + "'";
    }
    if (notifications_in_flight_ > 0)
        names += names.empty() ? "a notification" : ", a notification";
    return names;
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
