#include <rollcall/codec/pack.h>

#include <bit>
#include <limits>
#include <stdexcept>

namespace rollcall::codec {
namespace {

// A first byte and a big-endian number of N bytes.
template <unsigned N>
void put(Buffer& out, unsigned char first, std::uint64_t value) {
    char* to = out.room(1 + N);
    to[0] = static_cast<char>(first);
    for (unsigned i = 0; i < N; ++i)
        to[1 + i] = static_cast<char>(value >> (8U * (N - 1 - i)));
    out.add(1 + N);
}

void check_countable(std::size_t count) {
    if (count > std::numeric_limits<std::uint32_t>::max()) {
        throw std::length_error{"MessagePack counts to 2^32 - 1 at most"};
    }
}

}  // namespace

void pack_nil(Buffer& out) {
    out.push_back('\xc0');
}

void pack_bool(Buffer& out, bool value) {
    out.push_back(value ? '\xc3' : '\xc2');
}

void detail::pack_long_unsigned(Buffer& out, std::uint64_t value) {
    if (value <= 0xff) return put<1>(out, 0xcc, value);
    if (value <= 0xffff) return put<2>(out, 0xcd, value);
    if (value <= 0xffffffff) return put<4>(out, 0xce, value);
    put<8>(out, 0xcf, value);
}

void detail::pack_negative(Buffer& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -32) return out.push_back(static_cast<char>(bits));
    if (value >= std::numeric_limits<std::int8_t>::min()) return put<1>(out, 0xd0, bits);
    if (value >= std::numeric_limits<std::int16_t>::min()) return put<2>(out, 0xd1, bits);
    if (value >= std::numeric_limits<std::int32_t>::min()) return put<4>(out, 0xd2, bits);
    put<8>(out, 0xd3, bits);
}

void pack_float(Buffer& out, float value) {
    put<4>(out, 0xca, std::bit_cast<std::uint32_t>(value));
}

void pack_double(Buffer& out, double value) {
    put<8>(out, 0xcb, std::bit_cast<std::uint64_t>(value));
}

void detail::pack_long_str(Buffer& out, std::string_view value) {
    const std::size_t size = value.size();
    check_countable(size);
    if (size <= 0xff) {
        put<1>(out, 0xd9, size);
    } else if (size <= 0xffff) {
        put<2>(out, 0xda, size);
    } else {
        put<4>(out, 0xdb, size);
    }
    out.append(value);
}

void pack_bin(Buffer& out, std::span<const char> value) {
    const std::size_t size = value.size();
    check_countable(size);
    if (size <= 0xff) {
        put<1>(out, 0xc4, size);
    } else if (size <= 0xffff) {
        put<2>(out, 0xc5, size);
    } else {
        put<4>(out, 0xc6, size);
    }
    out.append(value.data(), size);
}

void pack_array_head(Buffer& out, std::size_t elements) {
    check_countable(elements);
    if (elements <= 15) return out.push_back(static_cast<char>(0x90U | elements));
    if (elements <= 0xffff) return put<2>(out, 0xdc, elements);
    put<4>(out, 0xdd, elements);
}

void pack_map_head(Buffer& out, std::size_t pairs) {
    check_countable(pairs);
    if (pairs <= 15) return out.push_back(static_cast<char>(0x80U | pairs));
    if (pairs <= 0xffff) return put<2>(out, 0xde, pairs);
    put<4>(out, 0xdf, pairs);
}

}  // namespace rollcall::codec
