#include <rollcall/registry/utf8.h>

namespace rollcall::registry {
namespace {

// The bytes of a sequence by its first byte, 0 if none starts so.
std::size_t sequence_bytes(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

// `bytes` is at least 1 and at most the size of `text`.
std::optional<char32_t> decoded(std::string_view text, std::size_t bytes) {
    const auto first = static_cast<unsigned char>(text.front());
    char32_t point = bytes == 1 ? first : first & (0x7fU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0U) != 0x80) return std::nullopt;
        point = (point << 6U) | (next & 0x3fU);
    }
    const bool overlong = (bytes == 3 && point < 0x800) || (bytes == 4 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (overlong || surrogate || point > 0x10ffff) return std::nullopt;
    return point;
}

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& text) noexcept {
    const std::size_t bytes = sequence_bytes(static_cast<unsigned char>(text.front()));
    std::optional<char32_t> point;
    if (bytes != 0 && bytes <= text.size()) point = decoded(text, bytes);
    text.remove_prefix(point ? bytes : 1);
    return point;
}

}  // namespace rollcall::registry
