#include <rollcall/codec/limits.h>
#include <rollcall/codec/message.h>
#include <rollcall/codec/pack.h>
#include <rollcall/codec/reader.h>

#include <limits>

namespace rollcall::codec {
namespace {

BadMessage bad(std::string reason, std::optional<std::uint32_t> request_id = std::nullopt) {
    return BadMessage{std::move(reason), request_id};
}

std::optional<std::uint32_t> read_id(Reader& reader) {
    const auto id = reader.read_unsigned();
    if (!id || *id > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(*id);
}

// method and params, of which `reader` stands at the first. The last element of the array is
// whatever is left, so it need not be walked over.
std::optional<BadMessage> read_invocation(
    Reader& reader, Message& message, std::optional<std::uint32_t> id
) {
    const auto method = reader.read_text();
    if (!method) return bad("the method must be a string, not " + reader.describe(), id);
    if (method->size() > kMaxMethodBytes) {
        return bad(
            "the method name has " + std::to_string(method->size()) + " bytes; the limit is 255", id
        );
    }
    message.method = *method;
    switch (reader.kind()) {
        case Kind::array:
            message.params = reader.rest();
            return std::nullopt;
        case Kind::nil:
            message.params = kEmptyArray;
            return std::nullopt;
        default:
            return bad("the params must be an array, not " + reader.describe(), id);
    }
}

std::optional<BadMessage> read_request(Reader& reader, std::uint32_t elements, Message& message) {
    const auto id = read_id(reader);
    if (!id) return bad("the id of a request must be an unsigned 32-bit integer");
    message.id = *id;
    if (elements != 4) {
        return bad("a request is an array of 4 elements, not " + std::to_string(elements), id);
    }
    return read_invocation(reader, message, id);
}

std::optional<BadMessage> read_response(Reader& reader, std::uint32_t elements, Message& message) {
    if (elements != 4)
        return bad("a response is an array of 4 elements, not " + std::to_string(elements));
    const auto id = read_id(reader);
    if (!id) return bad("the id of a response must be an unsigned 32-bit integer");
    message.id = *id;
    message.error = reader.skip();
    message.result = reader.rest();
    return std::nullopt;
}

}  // namespace

std::optional<BadMessage> parse_message(Bytes frame, Message& message) {
    Reader reader{frame};
    const auto elements = reader.read_array();
    if (!elements) return bad("a message must be an array, not " + reader.describe());
    if (*elements < 3)
        return bad("a message has 3 or 4 elements, not " + std::to_string(*elements));
    const auto type = reader.read_unsigned();
    if (!type || *type > 2) return bad("the message type must be 0, 1 or 2");
    message.type = static_cast<MessageType>(*type);
    switch (message.type) {
        case MessageType::request:
            return read_request(reader, *elements, message);
        case MessageType::response:
            return read_response(reader, *elements, message);
        case MessageType::notification:
            break;
    }
    if (*elements != 3) {
        return bad("a notification is an array of 3 elements, not " + std::to_string(*elements));
    }
    return read_invocation(reader, message, std::nullopt);
}

void write_request_head(Buffer& out, std::uint32_t id) {
    out.append("\x94\x00", 2);
    pack_unsigned(out, id);
}

void write_notification_head(Buffer& out) {
    out.append("\x93\x02", 2);
}

void write_result_head(Buffer& out, std::uint32_t id) {
    out.append("\x94\x01", 2);
    pack_unsigned(out, id);
    out.push_back('\xc0');
}

void write_error_response(Buffer& out, std::uint32_t id, Bytes error_text) {
    out.append("\x94\x01", 2);
    pack_unsigned(out, id);
    pack_str(out, error_text);
    out.push_back('\xc0');
}

}  // namespace rollcall::codec
