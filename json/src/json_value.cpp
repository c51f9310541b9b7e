#include "json_value.h"

#include <rollcall/base/log.h>
#include <rollcall/codec/reader.h>

#include <cmath>
#include <cstdint>
#include <utility>

namespace rollcall::json {
namespace {

struct TooDeep {};

std::string hex(codec::Bytes bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        text += kDigits[static_cast<unsigned char>(byte) >> 4U];
        text += kDigits[static_cast<unsigned char>(byte) & 0x0fU];
    }
    return text;
}

// {"$name": value}
Json marked(const char* name, Json value) {
    Json object = Json::object();
    object[name] = std::move(value);
    return object;
}

// The payload of an ext value, whose first byte is its type.
Json ext_value(codec::Bytes value) {
    const codec::Format& format = codec::format_of(value.front());
    value.remove_prefix(std::size_t{1} + format.length_bytes);
    const auto type = static_cast<std::int8_t>(value.front());
    value.remove_prefix(1);
    return marked("$ext", Json::array({static_cast<int>(type), hex(value)}));
}

Json float_value(double number) {
    if (std::isnan(number)) return marked("$float", "NaN");
    if (std::isinf(number)) return marked("$float", number < 0 ? "-Infinity" : "Infinity");
    return number;
}

// Depth is bounded by the scanner, which has seen the value before.
Json read_value(codec::Reader& reader);

Json read_map(codec::Reader& reader) {
    Json object = Json::object();
    const auto count = reader.read_map().value_or(0);
    for (std::uint32_t i = 0; i < count; ++i) {
        const bool is_text = reader.kind() == codec::Kind::str;
        Json key = read_value(reader);
        object[is_text ? key.get<std::string>() : write_json(key)] = read_value(reader);
    }
    return object;
}

Json read_value(codec::Reader& reader) {
    switch (reader.kind()) {
        case codec::Kind::boolean:
            return reader.read_bool().value_or(false);
        case codec::Kind::positive:
            return reader.read_unsigned().value_or(0);
        case codec::Kind::negative:
            return reader.read_signed().value_or(0);
        case codec::Kind::floating:
            return float_value(reader.read_double().value_or(0));
        case codec::Kind::str:
            return std::string{reader.read_text().value_or("")};
        case codec::Kind::bin:
            return marked("$binary", hex(reader.read_text().value_or("")));
        case codec::Kind::ext:
            return ext_value(reader.skip());
        case codec::Kind::array: {
            Json array = Json::array();
            const auto count = reader.read_array().value_or(0);
            for (std::uint32_t i = 0; i < count; ++i)
                array.push_back(read_value(reader));
            return array;
        }
        case codec::Kind::map:
            return read_map(reader);
        case codec::Kind::nil:
        case codec::Kind::invalid:
            break;
    }
    static_cast<void>(reader.skip());
    return nullptr;
}

// nlohmann's sentence without its own prefix: "syntax error while parsing ... unexpected ...".
std::string reason_of(const Json::parse_error& error) {
    const std::string_view text = error.what();
    const auto end = text.find("] ");
    return std::string{end == std::string_view::npos ? text : text.substr(end + 2)};
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    // `depth` is that of what is around an array or object that begins.
    const auto check_depth = [](int depth, Json::parse_event_t event, const Json&) {
        const bool begins =
            event == Json::parse_event_t::array_start || event == Json::parse_event_t::object_start;
        if (begins && depth >= kMaxJsonDepth) throw TooDeep{};
        return true;
    };
    try {
        return Json::parse(text, check_depth);
    } catch (const TooDeep&) {
        return Error{
            Errc::invalid_argument,
            "it is nested more than " + std::to_string(kMaxJsonDepth) + " deep"};
    } catch (const Json::parse_error& error) {
        return Error{Errc::invalid_argument, printable(reason_of(error))};
    } catch (const Json::out_of_range& error) {
        return Error{Errc::invalid_argument, "a number is out of range"};
    }
}

std::string pack_params(const std::vector<Json>& arguments) {
    const std::vector<std::uint8_t> bytes = Json::to_msgpack(Json(arguments));
    return {bytes.begin(), bytes.end()};
}

Json from_message_pack(codec::Bytes value) {
    codec::Reader reader{value};
    return read_value(reader);
}

std::string write_json(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string write_pretty_json(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rollcall::json
