#include "eureka_xml_name.h"

#include <rollcall/registry/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace rollcall::registry {
namespace {

constexpr char32_t kReplacement = 0xfffd;

void append_utf8(std::string& text, char32_t point) {
    const auto byte = [&text](char32_t value) { text += static_cast<char>(value); };
    if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xc0 | (point >> 6));
        byte(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        byte(0xe0 | (point >> 12));
        byte(0x80 | ((point >> 6) & 0x3f));
        byte(0x80 | (point & 0x3f));
    } else {
        byte(0xf0 | (point >> 18));
        byte(0x80 | ((point >> 12) & 0x3f));
        byte(0x80 | ((point >> 6) & 0x3f));
        byte(0x80 | (point & 0x3f));
    }
}

bool is_plain(char32_t c, bool first) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    return letter || (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.'));
}

// The code point of an escape at the front of `name`, and its length; length 0 if there is none.
struct Escape {
    char32_t point = 0;
    std::size_t size = 0;
};

Escape escape_at(std::string_view name) {
    if (!name.starts_with("_x")) return {};
    const auto end = name.find('_', 2);
    if (end == std::string_view::npos || end < 6 || end > 10) return {};
    std::uint32_t point = 0;
    const auto [stop, error] = std::from_chars(name.data() + 2, name.data() + end, point, 16);
    if (error != std::errc{} || stop != name.data() + end) return {};
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return {};
    return {point, end + 1};
}

// Also when what follows would only look so once it is escaped itself.
bool could_be_escape(std::string_view key) {
    const std::string_view digits = key.substr(0, 6).substr(std::min<std::size_t>(key.size(), 2));
    return key.starts_with("_x") && digits.size() == 4 &&
           digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

void append_escape(std::string& name, char32_t point) {
    std::array<char, 8> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), std::uint32_t{point}, 16).ptr;
    const auto size = static_cast<std::size_t>(end - digits.data());
    name += "_x";
    if (size < 4) name.append(4 - size, '0');
    for (std::size_t i = 0; i < size; ++i)
        name += digits[i] >= 'a' ? static_cast<char>(digits[i] - 'a' + 'A') : digits[i];
    name += '_';
}

}  // namespace

std::string xml_name(std::string_view key) {
    std::string name;
    while (!key.empty()) {
        const bool looks_escaped = could_be_escape(key);
        const char32_t point = take_code_point(key).value_or(kReplacement);
        if (is_plain(point, name.empty()) && !looks_escaped) {
            name += static_cast<char>(point);
        } else {
            append_escape(name, point);
        }
    }
    return name.empty() ? "_" : name;
}

std::string key_of_xml_name(std::string_view name) {
    std::string key;
    while (!name.empty()) {
        const Escape escape = escape_at(name);
        if (escape.size != 0) {
            append_utf8(key, escape.point);
            name.remove_prefix(escape.size);
        } else {
            key += name.front();
            name.remove_prefix(1);
        }
    }
    return key;
}

std::string xml_text(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const char32_t point = take_code_point(text).value_or(kReplacement);
        const bool allowed =
            point == '\t' || point == '\n' || (point >= 0x20 && point != 0xfffe && point != 0xffff);
        append_utf8(clean, allowed ? point : kReplacement);
    }
    return clean;
}

}  // namespace rollcall::registry
