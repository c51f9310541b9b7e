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

// The value at which `reader` stands is the last but the metadata, if there is any.
Bytes read_before_metadata(Reader& reader, bool has_metadata) {
    return has_metadata ? reader.skip() : reader.rest();
}

std::optional<BadMessage> read_metadata(
    Reader& reader, Message& message, std::optional<std::uint32_t> id
) {
    if (reader.kind() != Kind::map)
        return bad("the metadata must be a map, not " + reader.describe(), id);
    message.metadata = reader.rest();
    return std::nullopt;
}

// method and params, of which `reader` stands at the first. The last element of the array is
// whatever is left, so it need not be walked over.
std::optional<BadMessage> read_invocation(
    Reader& reader, Message& message, bool has_metadata, std::optional<std::uint32_t> id
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
            message.params = read_before_metadata(reader, has_metadata);
            break;
        case Kind::nil:
            static_cast<void>(read_before_metadata(reader, has_metadata));
            message.params = kEmptyArray;
            break;
        default:
            return bad("the params must be an array, not " + reader.describe(), id);
    }
    return has_metadata ? read_metadata(reader, message, id) : std::nullopt;
}

// How a message of `plain` elements, or one more with metadata, may not look.
std::string wrong_count(
    std::string_view what, std::uint32_t plain, std::uint32_t elements, Shape shape
) {
    std::string text = std::string{what} + " is an array of " + std::to_string(plain);
    if (shape == Shape::with_metadata) text += " or " + std::to_string(plain + 1);
    return text + " elements, not " + std::to_string(elements);
}

bool is_count(std::uint32_t elements, std::uint32_t plain, Shape shape) {
    return elements == plain || (shape == Shape::with_metadata && elements == plain + 1);
}

std::optional<BadMessage> read_request(
    Reader& reader, std::uint32_t elements, Message& message, Shape shape
) {
    const auto id = read_id(reader);
    if (!id) return bad("the id of a request must be an unsigned 32-bit integer");
    message.id = *id;
    if (!is_count(elements, 4, shape)) return bad(wrong_count("a request", 4, elements, shape), id);
    return read_invocation(reader, message, elements > 4, id);
}

std::optional<BadMessage> read_response(
    Reader& reader, std::uint32_t elements, Message& message, Shape shape
) {
    if (!is_count(elements, 4, shape)) return bad(wrong_count("a response", 4, elements, shape));
    const auto id = read_id(reader);
    if (!id) return bad("the id of a response must be an unsigned 32-bit integer");
    message.id = *id;
    message.error = reader.skip();
    message.result = read_before_metadata(reader, elements > 4);
    return elements > 4 ? read_metadata(reader, message, std::nullopt) : std::nullopt;
}

}  // namespace

std::optional<BadMessage> parse_message(Bytes frame, Message& message, Shape shape) {
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
            return read_request(reader, *elements, message, shape);
        case MessageType::response:
            return read_response(reader, *elements, message, shape);
        case MessageType::notification:
            break;
    }
    if (!is_count(*elements, 3, shape))
        return bad(wrong_count("a notification", 3, *elements, shape));
    return read_invocation(reader, message, *elements > 3, std::nullopt);
}

void write_request_head(Buffer& out, std::uint32_t id, Shape shape) {
    out.append(shape == Shape::plain ? "\x94\x00" : "\x95\x00", 2);
    pack_unsigned(out, id);
}

void write_notification_head(Buffer& out, Shape shape) {
    out.append(shape == Shape::plain ? "\x93\x02" : "\x94\x02", 2);
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

void write_error_value(Buffer& out, std::uint32_t id, Bytes error) {
    out.append("\x94\x01", 2);
    pack_unsigned(out, id);
    out.append(error);
    out.push_back('\xc0');
}

void announce_response_metadata(Buffer& out, std::size_t start) {
    out.set(start, '\x95');
}

}  // namespace rollcall::codec
