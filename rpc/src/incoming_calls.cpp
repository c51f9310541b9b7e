#include "incoming_calls.h"

#include <rollcall/codec/error_codec.h>
#include <rollcall/codec/pack.h>

#include "hello.h"

#include <utility>

namespace rollcall::rpc {

void write_error(
    codec::Buffer& out,
    std::optional<std::uint32_t> id,
    const Error& error,
    const ReplyFormat& format
) {
    if (!id) return;
    if (!format.features.has(Feature::errors)) {
        const std::string text = codec::error_text(error.code(), error.message());
        return codec::write_error_response(out, *id, text);
    }
    codec::Buffer packed;
    codec::pack_error(packed, error, format.max_depth);
    codec::write_error_value(out, *id, packed.view());
}

std::optional<Error> finish_reply(
    codec::Buffer& out,
    std::size_t start,
    std::optional<std::uint32_t> id,
    Result<void>&& ended,
    const Metadata& metadata,
    const ReplyFormat& format
) {
    std::optional<Error> error;
    if (!ended) error = as_reply(std::move(ended.error()));
    if (!id || error) out.truncate(start);
    if (!id) return error;
    if (error) write_error(out, id, *error, format);
    if (!metadata.empty() && format.features.has(Feature::metadata)) {
        codec::announce_response_metadata(out, start);
        write_envelope(out, std::nullopt, metadata);
    }
    const std::size_t size = out.size() - start;
    if (size <= format.max_bytes) return error;
    out.truncate(start);
    error = Error{
        Errc::result_too_large,
        "the result has " + std::to_string(size) + " bytes; the limit is " +
            std::to_string(format.max_bytes)};
    write_error(out, id, *error, format);
    return error;
}

Admitted IncomingCalls::admit(
    const codec::Message& message, codec::Buffer& out, const ReplyFormat& format
) {
    Admitted admitted;
    if (message.type == codec::MessageType::request) admitted.id = message.id;
    if (!message.metadata.empty()) {
        if (const auto wrong = read_envelope(message.metadata, admitted.envelope)) {
            write_error(out, admitted.id, *wrong, format);
            return admitted;
        }
    }
    admitted.method = find(message.method);
    admitted.params = message.params;
    if (admitted.method == nullptr && admitted.id && message.method == kPingMethod) {
        codec::write_result_head(out, *admitted.id);
        codec::pack_nil(out);
        return admitted;
    }
    if (admitted.method != nullptr) {
        admitted.name = admitted.method->name;
    } else if (methods_.fallback() != nullptr) {
        admitted.method = methods_.fallback();
        admitted.name = message.method;
    }
    admitted.is_unknown = admitted.method == nullptr;
    if (admitted.is_unknown && admitted.id) {
        const Error unknown{Errc::method_not_found, methods_.not_found(message.method)};
        write_error(out, admitted.id, unknown, format);
    }
    return admitted;
}

const MethodEntry* IncomingCalls::find(codec::Bytes name) {
    if (latest_ != nullptr && latest_->name == name) return latest_;
    const MethodEntry* const found = methods_.find(name);
    if (found != nullptr) latest_ = found;
    return found;
}

void IncomingCalls::begin(
    const MethodEntry& method, const std::shared_ptr<ActiveRequest>& request
) {
    if (!request->id()) {
        ++notifications_;
        return;
    }
    if (method.stream != StreamSides::none) ++streams_in_flight_;
    by_id_.insert_or_assign(
        *request->id(), InFlight{&method, request, request->context().deadline()}
    );
}

void IncomingCalls::end(const ActiveRequest& request) {
    if (!request.id()) {
        --notifications_;
        return;
    }
    if (request.stream()) --streams_in_flight_;
    by_id_.erase(*request.id());
}

bool IncomingCalls::on_control(const codec::Message& message) {
    if (is_stream_message(message.method)) {
        if (streams_ != nullptr) streams_->on_message(message.method, message.params);
        return true;
    }
    if (message.method != kCancelMethod) return false;
    if (const auto id = read_cancel(message.params)) cancel(*id);
    return true;
}

void IncomingCalls::cancel(std::uint32_t id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    found->second.deadline = Deadline::never();
    if (const auto request = found->second.request.lock()) request->stop(Errc::cancelled);
}

void IncomingCalls::stop_all() {
    if (starting_ != nullptr) starting_->request().stop(Errc::connection_lost);
    // What is told to stop may end at once, and end() itself.
    for (auto& [id, each] : std::exchange(by_id_, {})) {
        if (const auto request = each.request.lock()) request->stop(Errc::connection_lost);
    }
    notifications_ = 0;
    streams_in_flight_ = 0;
}

void IncomingCalls::expire(TimePoint now) {
    std::vector<std::shared_ptr<ActiveRequest>> late;
    for (auto& [id, each] : by_id_) {
        if (!each.deadline.expired(now)) continue;
        each.deadline = Deadline::never();
        if (auto request = each.request.lock()) late.push_back(std::move(request));
    }
    for (const auto& request : late)
        request->stop(Errc::timed_out);
}

Deadline IncomingCalls::earliest() const {
    Deadline earliest;
    for (const auto& [id, each] : by_id_)
        earliest = earliest.earlier(each.deadline);
    return earliest;
}

std::string IncomingCalls::names() const {
    std::string names;
    if (starting_ != nullptr) names = "'" + starting_->method().name + "'";
    for (const auto& [id, each] : by_id_) {
        const std::string name = "'" + each.method->name + "'";
        if (names.find(name) == std::string::npos) names += (names.empty() ? "" : ", ") + name;
    }
    if (notifications_ > 0) names += names.empty() ? "a notification" : ", a notification";
    return names;
}

}  // namespace rollcall::rpc
