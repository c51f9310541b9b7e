#pragma once
// Bytes as people read them.

#include <cctype>
#include <string>
#include <string_view>

namespace rollcall::codec::tests {

// "94 00 01" -> three bytes. Blanks are free.
[[nodiscard]] inline std::string from_hex(std::string_view text) {
    std::string bytes;
    std::string digits;
    for (const char c : text) {
        if (std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
        digits += c;
        if (digits.size() < 2) continue;
        bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
        digits.clear();
    }
    return bytes;
}

// Three bytes -> "94 00 01".
[[nodiscard]] inline std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (!text.empty()) text += ' ';
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xfU];
    }
    return text;
}

// `count` copies of the bytes.
[[nodiscard]] inline std::string repeat(std::size_t count, std::string_view hex) {
    const std::string once = from_hex(hex);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i)
        bytes += once;
    return bytes;
}

}  // namespace rollcall::codec::tests
