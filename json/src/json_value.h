#pragma once
// JSON on this side, MessagePack on the wire.

#include <rollcall/base/result.h>
#include <rollcall/codec/buffer.h>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::json {

// Keeps the order of keys.
using Json = nlohmann::ordered_json;

// The deepest nesting of an argument; a server takes 64, its message's own arrays included.
inline constexpr int kMaxJsonDepth = 60;

// One JSON text. The error says what is wrong and where.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// The arguments of a call as one packed array.
[[nodiscard]] std::string pack_params(const std::vector<Json>& arguments);

// One whole MessagePack value. What JSON has no word for becomes an object of one key that starts
// with '$': {"$binary": "<hex>"}, {"$ext": [type, "<hex>"]}, {"$float": "NaN"}; keys of maps that
// are not text become their JSON text.
[[nodiscard]] Json from_message_pack(codec::Bytes value);

// On one line. Text that is not UTF-8 is repaired with U+FFFD.
[[nodiscard]] std::string write_json(const Json& json);

// On several lines, for people.
[[nodiscard]] std::string write_pretty_json(const Json& json);

}  // namespace rollcall::json
