#pragma once
// The three messages of MessagePack-RPC, between bytes and fields.
// Source: https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md

#include <rollcall/codec/buffer.h>

#include <cstdint>
#include <optional>
#include <string>

namespace rollcall::codec {

enum class MessageType : std::uint8_t { request = 0, response = 1, notification = 2 };

// Views into the bytes that were parsed; valid as long as they are.
struct Message {
    MessageType type = MessageType::notification;
    std::uint32_t id = 0;  // requests and responses
    Bytes method;          // requests and notifications
    Bytes params;          // requests and notifications: one array value
    Bytes error;           // responses: one value, nil if the call succeeded
    Bytes result;          // responses: one value
    Bytes metadata;        // one map value; empty if there is none
};

// Whether the two sides have agreed that messages may have one more element, a map.
enum class Shape { plain, with_metadata };

// Why bytes that are one MessagePack value are no message.
struct BadMessage {
    std::string reason;
    // Set when the value is a request whose id could be read: it can be answered, and the
    // connection can go on. Without it there is nobody to tell.
    std::optional<std::uint32_t> request_id;
};

// Parses one scanned value. Lenient where peers are known to be loose: nil params count as [],
// a method may be bin, an id may have any integer encoding. Nothing on success.
[[nodiscard]] std::optional<BadMessage> parse_message(
    Bytes frame, Message& message, Shape shape = Shape::plain
);

// True if `first` can start a message: an array of 3 to 5 elements or of counted length.
[[nodiscard]] constexpr bool can_start_message(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return (byte >= 0x93 && byte <= 0x95) || byte == 0xdc || byte == 0xdd;
}

// The bytes before `<method><params>` of a request: [0, id, ... With metadata the map follows
// these.
void write_request_head(Buffer& out, std::uint32_t id, Shape shape = Shape::plain);
// [2, ...
void write_notification_head(Buffer& out, Shape shape = Shape::plain);
// [1, id, nil, ... ; the result follows.
void write_result_head(Buffer& out, std::uint32_t id);
// [1, id, error, nil] with the error as a string.
void write_error_response(Buffer& out, std::uint32_t id, Bytes error_text);
// The same with any packed value.
void write_error_value(Buffer& out, std::uint32_t id, Bytes error);
// The response that starts at `start` and ends the buffer gets metadata: the map follows.
void announce_response_metadata(Buffer& out, std::size_t start);

inline constexpr Bytes kNil{"\xc0", 1};
inline constexpr Bytes kEmptyArray{"\x90", 1};

}  // namespace rollcall::codec
