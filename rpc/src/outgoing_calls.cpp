#include "outgoing_calls.h"

#include <rollcall/base/log.h>
#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/pack.h>

#include "envelope.h"
#include "hello.h"
#include "stream_link.h"

#include <algorithm>
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
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return std::to_string(ms) + " ms";
}

// Of the program's own: what calls take over goes along where it can.
std::string names_of(const Metadata& metadata) {
    std::string names;
    for (const auto& [name, value] : metadata) {
        if (name == kTraceParent || name == kTraceState || name == kRequestId) continue;
        names += (names.empty() ? "'" : ", '") + printable(name) + "'";
    }
    return names;
}

}  // namespace

void fail_call(Call& call, Errc code, std::string message, Sent sent, std::string_view endpoint) {
    if (call.done) return;
    call.done = true;
    if (call.exposed) sent = Sent::maybe_sent;
    Error error{code, std::move(message)};
    error.set_method(call.invocation.method()).set_endpoint(endpoint).set_sent(sent);
    call.note_end(&error, 0);
    call.fail(std::move(error));
}

std::size_t OutgoingCalls::max_bytes() const {
    return peer_.max_message_bytes == 0 ? max_message_bytes_
                                        : std::min(max_message_bytes_, peer_.max_message_bytes);
}

std::optional<Error> OutgoingCalls::forbidden(const Call& call, std::size_t bytes) const {
    const PackedInvocation& invocation = call.invocation;
    // What most calls are: nothing of it can be forbidden.
    const bool is_common = peer_.features.has(Feature::metadata) && call.kind == Call::Kind::reply;
    if (is_common && bytes <= std::min(kMaxPlainMethodBytes, max_bytes())) return std::nullopt;
    if (bytes > max_bytes()) {
        return Error{
            Errc::message_too_large,
            "the request has " + std::to_string(bytes) + " bytes; the limit is " +
                std::to_string(max_bytes())};
    }
    const std::size_t name = invocation.method().size();
    const std::size_t name_limit =
        peer_.dialect == Dialect::plain ? kMaxPlainMethodBytes : codec::kMaxMethodBytes;
    if (name > name_limit) {
        return Error{
            Errc::message_too_large,
            "the method name has " + std::to_string(name) + " bytes; the limit for this peer is " +
                std::to_string(name_limit)};
    }
    if (invocation.needs_metadata() && !peer_.features.has(Feature::metadata)) {
        return Error{
            Errc::invalid_argument,
            "this peer does not understand metadata, which the call needs (" +
                names_of(invocation.metadata()) + "): it did not agree to it in a hello"};
    }
    if (call.kind == Call::Kind::stream) return no_stream(call);
    return std::nullopt;
}

std::optional<Error> OutgoingCalls::no_stream(const Call& call) const {
    if (!peer_.features.has_streams()) {
        return Error{
            Errc::invalid_argument,
            "this peer does not speak streams: it did not agree to them in a hello"};
    }
    if (call.stream()->link().may_bind()) return std::nullopt;
    return Error{
        Errc::connection_lost,
        "the connection ended before the server had begun, and what was written is gone with it"};
}

OutgoingCalls::Beside OutgoingCalls::beside(const Call& call, TimePoint now) const {
    Beside beside;
    if (!peer_.features.has(Feature::metadata)) return beside;
    const Metadata& metadata = call.invocation.metadata();
    const bool waits = call.kind != Call::Kind::nothing && !call.deadline.is_never();
    if (waits) beside.budget_ms = budget_ms(call.deadline.remaining(now));
    beside.stream = static_cast<std::uint8_t>(call.sides());
    beside.bytes = envelope_size(beside.budget_ms, metadata, beside.stream);
    // A message that has no room for its budget goes without.
    const std::size_t bytes = kRequestHeadBytes + call.invocation.body().size() + beside.bytes;
    if (metadata.empty() && beside.stream == 0 && bytes > max_bytes()) return {};
    return beside;
}

std::shared_ptr<const codec::Buffer> OutgoingCalls::start(
    const CallPtr& call, codec::Buffer& out, codec::Buffer& out_after, TimePoint now
) {
    const PackedInvocation& invocation = call->invocation;
    const codec::Bytes body = invocation.body();
    if (call->kind == Call::Kind::stream) call->deadline = call->stream()->link().deadline();
    const Beside beside = this->beside(*call, now);
    if (auto why = forbidden(*call, kRequestHeadBytes + body.size() + beside.bytes)) {
        fail(*call, std::move(*why));
        return nullptr;
    }
    const std::size_t before = out.size();
    const bool one_way = call->kind == Call::Kind::nothing;
    const auto shape = beside.bytes == 0 ? codec::Shape::plain : codec::Shape::with_metadata;
    if (one_way) {
        codec::write_notification_head(out, shape);
        call->done = true;
    } else {
        codec::write_request_head(out, pending_.add(call), shape);
    }
    const bool apart = invocation.large_body() && body.size() >= kLargeBodyBytes;
    if (!apart) out.append(body);
    if (beside.bytes > 0) {
        codec::Buffer& behind = apart ? out_after : out;
        write_envelope(behind, beside.budget_ms, invocation.metadata(), beside.stream);
    }
    call->wire_bytes = out.size() - before + (apart ? body.size() + beside.bytes : 0);
    position_ += call->wire_bytes;
    call->wire_end = position_;
    if (one_way) {
        notification_ends_.push_back(position_);
        call->note_end(nullptr, 0);
    }
    return apart ? invocation.large_body() : nullptr;
}

void OutgoingCalls::write_ping(codec::Buffer& out) {
    const std::size_t before = out.size();
    ping_id_ = pending_.next_id();
    codec::write_request_head(out, *ping_id_);
    codec::pack_str(out, kPingMethod);
    codec::pack_array_head(out, 0);
    position_ += out.size() - before;
}

void OutgoingCalls::on_response(const codec::Message& message, std::size_t bytes) {
    const CallPtr call = pending_.take(message.id);
    if (!call && ping_id_ == message.id) {
        ping_id_.reset();
        ++pongs_;
        return;
    }
    if (!call) {
        ++late_replies_;
        return;
    }
    answered_ = true;
    call->done = true;
    if (!message.metadata.empty()) hand_over_metadata(*call, message.metadata);
    if (message.error == codec::kNil) {
        call->note_end(nullptr, bytes);
        return call->finish(message.result);
    }
    Error error = read_error(message.error);
    error.set_method(call->invocation.method()).set_endpoint(endpoint_);
    if (call->exposed || !is_promise(error.code())) error.set_sent(Sent::maybe_sent);
    call->note_end(&error, bytes);
    call->fail(std::move(error));
}

void OutgoingCalls::hand_over_metadata(const Call& call, codec::Bytes map) {
    if (call.watcher() != nullptr) call.watcher()->on_reply_envelope(map);
    const ReplyMetadata* const wanted = call.invocation.reply_metadata();
    if (wanted == nullptr) return;
    Envelope envelope;
    if (!read_envelope(map, envelope) && !envelope.metadata.empty())
        wanted->set(std::move(envelope.metadata));
}

Error OutgoingCalls::read_error(codec::Bytes error) const {
    return peer_.features.has(Feature::errors) ? codec::read_packed_error(error)
                                               : codec::read_error(error);
}

bool OutgoingCalls::is_promise(Errc code) const {
    // These let a call go to another server, so that nothing was executed must be sure. A peer that
    // does not speak our protocol has not said so: its handler's own words may look the same.
    const bool goes_elsewhere = code == Errc::unavailable || code == Errc::overloaded;
    return peer_.dialect == Dialect::rollcall || !goes_elsewhere;
}

void OutgoingCalls::fail(Call& call, Error&& error) const {
    fail_call(call, error.code(), error.message(), error.sent(), endpoint_);
}

void OutgoingCalls::tell_cancelled(const Call& call, codec::Buffer& out) {
    if (!peer_.features.has(Feature::cancel)) return;
    const std::size_t before = out.size();
    write_cancel(out, call.wire_id());
    position_ += out.size() - before;
}

void OutgoingCalls::expire(TimePoint now, codec::Buffer& out) {
    for (const CallPtr& call :
         pending_.take_if([&](const Call& each) { return each.deadline.expired(now); })) {
        tell_cancelled(*call, out);
        std::string message = "no reply within ";
        const Duration allowed = call->invocation.timeout();
        message += allowed > Duration::zero() ? milliseconds_text(allowed) : "the call timeout";
        fail(*call, Error{Errc::timed_out, std::move(message)}.with_sent(Sent::maybe_sent));
    }
}

bool OutgoingCalls::forget(const Call& call, codec::Buffer& out) {
    if (!pending_.remove(call)) return false;
    tell_cancelled(call, out);
    return true;
}

void OutgoingCalls::give_up(std::uint32_t id, Error why, codec::Buffer& out) {
    const CallPtr call = pending_.take(id);
    if (!call) return;
    tell_cancelled(*call, out);
    fail(*call, std::move(why).with_sent(Sent::maybe_sent));
}

std::vector<CallPtr> OutgoingCalls::take_after(std::uint32_t id) {
    const std::uint64_t last = pending_.latest_with(id);
    return pending_.take_if([&](const Call& call) { return call.id > last; });
}

std::vector<CallPtr> OutgoingCalls::take_unsent(std::uint64_t written) {
    return pending_.take_if([&](const Call& call) { return call.wire_end > written; });
}

void OutgoingCalls::on_written(std::uint64_t written) {
    while (!notification_ends_.empty() && notification_ends_.front() <= written)
        notification_ends_.pop_front();
}

std::size_t OutgoingCalls::take_unsent_notifications(std::uint64_t written) {
    on_written(written);
    return std::exchange(notification_ends_, {}).size();
}

}  // namespace rollcall::rpc
