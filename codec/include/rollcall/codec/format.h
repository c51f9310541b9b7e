#pragma once
// The first bytes of MessagePack values, as data.
// Source: https://github.com/msgpack/msgpack/blob/master/spec.md

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rollcall::codec {

// What kind of value a first byte starts.
enum class Kind : std::uint8_t {
    invalid,  // 0xc1, never used
    nil,
    boolean,
    positive,  // an unsigned integer
    negative,  // a signed integer, which may hold a positive value
    floating,
    str,
    bin,
    ext,
    array,
    map,
};

// How a first byte goes on.
struct Format {
    Kind kind = Kind::invalid;
    std::uint8_t length_bytes = 0;   // bytes of the big-endian length or count that follows
    std::uint8_t fixed_payload = 0;  // payload bytes that always follow (after the length)
    std::uint8_t inline_count = 0;   // the length or count held in the first byte itself
};

namespace detail {

constexpr Format format_of(unsigned byte) {
    const auto u8 = [](unsigned value) { return static_cast<std::uint8_t>(value); };
    if (byte <= 0x7f) return {Kind::positive, 0, 0, 0};
    if (byte <= 0x8f) return {Kind::map, 0, 0, u8(byte & 0x0fU)};
    if (byte <= 0x9f) return {Kind::array, 0, 0, u8(byte & 0x0fU)};
    if (byte <= 0xbf) return {Kind::str, 0, 0, u8(byte & 0x1fU)};
    if (byte >= 0xe0) return {Kind::negative, 0, 0, 0};
    // fixext 1, 2, 4, 8 and 16, each with its type.
    if (byte >= 0xd4 && byte <= 0xd8) return {Kind::ext, 0, u8(1U + (1U << (byte - 0xd4U))), 0};
    switch (byte) {
        case 0xc0:
            return {Kind::nil, 0, 0, 0};
        case 0xc2:
        case 0xc3:
            return {Kind::boolean, 0, 0, 0};
        case 0xc4:
            return {Kind::bin, 1, 0, 0};
        case 0xc5:
            return {Kind::bin, 2, 0, 0};
        case 0xc6:
            return {Kind::bin, 4, 0, 0};
        case 0xc7:
            return {Kind::ext, 1, 1, 0};  // the fixed payload byte is the type
        case 0xc8:
            return {Kind::ext, 2, 1, 0};
        case 0xc9:
            return {Kind::ext, 4, 1, 0};
        case 0xca:
            return {Kind::floating, 0, 4, 0};
        case 0xcb:
            return {Kind::floating, 0, 8, 0};
        case 0xcc:
            return {Kind::positive, 0, 1, 0};
        case 0xcd:
            return {Kind::positive, 0, 2, 0};
        case 0xce:
            return {Kind::positive, 0, 4, 0};
        case 0xcf:
            return {Kind::positive, 0, 8, 0};
        case 0xd0:
            return {Kind::negative, 0, 1, 0};
        case 0xd1:
            return {Kind::negative, 0, 2, 0};
        case 0xd2:
            return {Kind::negative, 0, 4, 0};
        case 0xd3:
            return {Kind::negative, 0, 8, 0};
        case 0xd9:
            return {Kind::str, 1, 0, 0};
        case 0xda:
            return {Kind::str, 2, 0, 0};
        case 0xdb:
            return {Kind::str, 4, 0, 0};
        case 0xdc:
            return {Kind::array, 2, 0, 0};
        case 0xdd:
            return {Kind::array, 4, 0, 0};
        case 0xde:
            return {Kind::map, 2, 0, 0};
        case 0xdf:
            return {Kind::map, 4, 0, 0};
        default:
            return {};
    }
}

constexpr std::array<Format, 256> make_formats() {
    std::array<Format, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte)
        table[byte] = format_of(byte);
    return table;
}

}  // namespace detail

inline constexpr std::array<Format, 256> kFormats = detail::make_formats();

namespace detail {

// All bytes of a value whose first byte says how many; 0 if it does not.
constexpr std::uint8_t whole_size_of(const Format& format) {
    const bool is_container = format.kind == Kind::array || format.kind == Kind::map;
    if (is_container || format.kind == Kind::invalid || format.length_bytes > 0) return 0;
    return static_cast<std::uint8_t>(1 + format.inline_count + format.fixed_payload);
}

constexpr std::array<std::uint8_t, 256> make_whole_sizes() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned byte = 0; byte < 256; ++byte)
        table[byte] = whole_size_of(kFormats[byte]);
    return table;
}

}  // namespace detail

inline constexpr std::array<std::uint8_t, 256> kWholeSizes = detail::make_whole_sizes();

[[nodiscard]] constexpr const Format& format_of(char first) {
    return kFormats[static_cast<unsigned char>(first)];
}

// Numbers, short texts, nil and booleans, with all of their bytes; 0 for what needs a closer look.
[[nodiscard]] constexpr std::size_t whole_size_of(char first) {
    return kWholeSizes[static_cast<unsigned char>(first)];
}

namespace detail {

// Compilers make one load of it.
template <unsigned kBytes>
[[nodiscard]] inline std::uint64_t load_big_endian(const char* from) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < kBytes; ++i)
        value = value << 8U | static_cast<unsigned char>(from[i]);
    return value;
}

}  // namespace detail

// The big-endian number of `bytes` (0, 1, 2, 4 or 8) bytes at `from`.
[[nodiscard]] inline std::uint64_t load_big_endian(const char* from, unsigned bytes) {
    switch (bytes) {
        case 1:
            return static_cast<unsigned char>(*from);
        case 2:
            return detail::load_big_endian<2>(from);
        case 4:
            return detail::load_big_endian<4>(from);
        case 8:
            return detail::load_big_endian<8>(from);
        default:
            return 0;
    }
}

}  // namespace rollcall::codec
