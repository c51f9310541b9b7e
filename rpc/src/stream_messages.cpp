#include "stream_messages.h"

#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>

namespace rollcall::rpc {
namespace {

void write_head(
    codec::Buffer& out, std::string_view method, std::size_t params, const StreamKey& key
) {
    codec::write_notification_head(out);
    codec::pack_str(out, method);
    codec::pack_array_head(out, params);
    codec::pack_unsigned(out, key.id);
}

std::optional<std::uint32_t> read_id(codec::Reader& reader) {
    const auto id = reader.read_unsigned();
    if (!id || *id > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*id);
}

}  // namespace

void write_stream_data(codec::Buffer& out, const StreamKey& key, codec::Bytes bytes) {
    write_head(out, kDataMethod, 3, key);
    codec::pack(out, key.ours);
    codec::pack_bin(out, {bytes.data(), bytes.size()});
}

void write_stream_credit(codec::Buffer& out, const StreamKey& key, std::uint64_t bytes) {
    write_head(out, kCreditMethod, 3, key);
    codec::pack(out, key.ours);
    codec::pack_unsigned(out, bytes);
}

void write_stream_end(codec::Buffer& out, std::uint32_t id) {
    write_head(out, kEndMethod, 1, StreamKey{true, id});
}

bool is_stream_message(codec::Bytes method) noexcept {
    return method == kDataMethod || method == kCreditMethod || method == kEndMethod;
}

std::optional<StreamMessage> read_stream_message(codec::Bytes method, codec::Bytes params) {
    codec::Reader reader{params};
    const std::uint32_t count = reader.read_array().value_or(0);
    const bool is_end = method == kEndMethod;
    if (count < (is_end ? 1U : 2U)) return std::nullopt;
    const auto id = read_id(reader);
    if (!id) return std::nullopt;
    StreamMessage message;
    message.key.id = *id;
    if (is_end) {
        message.kind = StreamMessage::Kind::end;
        return message;
    }
    const auto is_senders = reader.read_bool();
    if (!is_senders) return std::nullopt;
    message.key.ours = !*is_senders;
    if (count < 3) return message;
    if (method == kDataMethod) {
        const auto bytes = reader.read_text();
        if (!bytes) return message;
        message.kind = StreamMessage::Kind::data;
        message.data = *bytes;
    } else if (const auto credit = reader.read_unsigned()) {
        message.kind = StreamMessage::Kind::credit;
        message.credit = *credit;
    }
    return message;
}

}  // namespace rollcall::rpc
