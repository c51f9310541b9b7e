#include "client_session.h"

#include <rollcall/base/log.h>
#include <rollcall/base/random.h>
#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/message.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rollcall::rpc {
namespace {

// The array, the type and the id.
constexpr std::size_t kRequestHeadBytes = 7;
// Bodies from this size on are sent from where they are.
constexpr std::size_t kLargeBodyBytes = std::size_t{32} << 10U;
// Neovim closes the connection on longer names.
constexpr std::size_t kMaxPlainMethodBytes = 100;

std::string milliseconds_text(Duration duration) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
    return std::to_string(ms) + " ms";
}

}  // namespace

void fail_call(Call& call, Errc code, std::string message, Sent sent, std::string_view endpoint) {
    if (call.done) return;
    call.done = true;
    if (call.exposed) sent = Sent::maybe_sent;
    call.fail(Error{code, std::move(message)}
                  .with_method(call.invocation.method())
                  .with_endpoint(endpoint)
                  .with_sent(sent));
}

ClientSession::ClientSession(const ClientOptions& options, std::string endpoint, bool hello)
    : ClientSession(options, std::move(endpoint), hello, static_cast<std::uint32_t>(random_u64())) {
}

ClientSession::ClientSession(
    const ClientOptions& options, std::string endpoint, bool hello, std::uint32_t first_id
)
    : options_(options),
      endpoint_(std::move(endpoint)),
      says_hello_(hello),
      pending_(first_id),
      dialect_(hello ? Dialect::unknown : Dialect::plain) {
}

void ClientSession::fail(Call& call, Errc code, std::string message, Sent sent) const {
    fail_call(call, code, std::move(message), sent, endpoint_);
}

void ClientSession::open(codec::Buffer& out) {
    if (!says_hello_) return;
    const std::size_t before = out.size();
    hello_id_ = pending_.next_id();
    Hello hello;
    hello.goaway = true;
    hello.max_message_bytes = options_.limits.max_message_bytes;
    hello.token = options_.token;
    codec::write_request_head(out, *hello_id_);
    write_hello_request_body(out, hello);
    encoded_ += out.size() - before;
}

std::size_t ClientSession::max_message_bytes() const {
    const std::size_t ours = options_.limits.max_message_bytes;
    return peer_max_message_bytes_ == 0 ? ours : std::min(ours, peer_max_message_bytes_);
}

std::optional<std::string> ClientSession::too_large(const Call& call) const {
    const std::size_t size = call.invocation.body().size() + kRequestHeadBytes;
    if (size > max_message_bytes()) {
        return "the request has " + std::to_string(size) + " bytes; the limit is " +
               std::to_string(max_message_bytes());
    }
    const std::size_t name = call.invocation.method().size();
    const std::size_t limit =
        dialect_ == Dialect::plain ? kMaxPlainMethodBytes : codec::kMaxMethodBytes;
    if (name > limit) {
        return "the method name has " + std::to_string(name) +
               " bytes; the limit for this peer is " + std::to_string(limit);
    }
    return std::nullopt;
}

std::shared_ptr<const codec::Buffer> ClientSession::start(const CallPtr& call, codec::Buffer& out) {
    if (auto why = too_large(*call)) {
        fail(*call, Errc::message_too_large, std::move(*why), Sent::not_sent);
        return nullptr;
    }
    const std::size_t before = out.size();
    if (call->kind == Call::Kind::nothing) {
        codec::write_notification_head(out);
        call->done = true;
    } else {
        codec::write_request_head(out, pending_.add(call));
    }
    const codec::Bytes body = call->invocation.body();
    const bool apart = call->invocation.large_body() && body.size() >= kLargeBodyBytes;
    if (!apart) out.append(body);
    encoded_ += out.size() - before + (apart ? body.size() : 0);
    call->wire_end = encoded_;
    if (call->kind == Call::Kind::nothing) notification_ends_.push_back(encoded_);
    return apart ? call->invocation.large_body() : nullptr;
}

std::optional<std::string> ClientSession::on_message(codec::Bytes frame, codec::Buffer& out) {
    heard_ = true;
    codec::Message message;
    if (const auto bad = codec::parse_message(frame, message)) return bad->reason;
    switch (message.type) {
        case codec::MessageType::response:
            on_response(message);
            break;
        case codec::MessageType::notification:
            on_notification(message);
            break;
        case codec::MessageType::request:
            on_request(message, out);
            break;
    }
    return std::nullopt;
}

void ClientSession::on_request(const codec::Message& message, codec::Buffer& out) {
    const std::size_t before = out.size();
    const auto text = codec::error_text(Errc::method_not_found, "this client has no methods");
    codec::write_error_response(out, message.id, text);
    encoded_ += out.size() - before;
}

void ClientSession::on_response(const codec::Message& message) {
    if (hello_id_ == message.id && dialect_ == Dialect::unknown) return on_hello_response(message);
    const CallPtr call = pending_.take(message.id);
    if (!call) {
        ++late_replies_;
        return;
    }
    answered_ = true;
    call->done = true;
    if (message.error == codec::kNil) return call->finish(message.result);
    Error error = codec::read_error(message.error);
    error.set_method(call->invocation.method()).set_endpoint(endpoint_);
    if (call->exposed || !is_promise(error.code())) error.set_sent(Sent::maybe_sent);
    call->fail(std::move(error));
}

bool ClientSession::is_promise(Errc code) const {
    // These let a call go to another server, so that nothing was executed must be sure. A peer that
    // does not speak our protocol has not said so: its handler's own words may look the same.
    const bool goes_elsewhere = code == Errc::unavailable || code == Errc::overloaded;
    return dialect_ == Dialect::rollcall || !goes_elsewhere;
}

void ClientSession::on_hello_response(const codec::Message& message) {
    const auto hello = message.error == codec::kNil ? read_hello_map(message.result) : std::nullopt;
    dialect_ = hello ? Dialect::rollcall : Dialect::plain;
    if (hello) {
        const std::uint64_t most = std::numeric_limits<std::size_t>::max();
        peer_max_message_bytes_ =
            static_cast<std::size_t>(std::min(hello->max_message_bytes, most));
    }
}

void ClientSession::on_notification(const codec::Message& message) {
    // Other notifications have nobody here who would hear them.
    if (message.method == kGoawayMethod && !goaway_) goaway_ = read_goaway(message.params);
}

std::vector<CallPtr> ClientSession::take_unexecuted() {
    if (!goaway_ || !goaway_->last_id) return take_all();
    const std::uint64_t last = pending_.latest_with(*goaway_->last_id);
    return pending_.take_if([&](const Call& call) { return call.id > last; });
}

std::vector<CallPtr> ClientSession::take_unsent(std::uint64_t written) {
    return pending_.take_if([&](const Call& call) { return call.wire_end > written; });
}

void ClientSession::on_written(std::uint64_t written) {
    while (!notification_ends_.empty() && notification_ends_.front() <= written)
        notification_ends_.pop_front();
}

std::size_t ClientSession::take_unsent_notifications(std::uint64_t written) {
    on_written(written);
    return std::exchange(notification_ends_, {}).size();
}

std::vector<CallPtr> ClientSession::take_all() {
    return pending_.take_if([](const Call&) { return true; });
}

void ClientSession::expire(TimePoint now) {
    for (const CallPtr& call :
         pending_.take_if([&](const Call& each) { return each.deadline.expired(now); })) {
        const Duration timeout = call->invocation.timeout();
        const Duration allowed = timeout > Duration::zero() ? timeout : options_.call_timeout;
        fail(
            *call,
            Errc::timed_out,
            "no reply within " + milliseconds_text(allowed),
            Sent::maybe_sent
        );
    }
}

}  // namespace rollcall::rpc
