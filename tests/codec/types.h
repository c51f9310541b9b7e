#pragma once
// Packing and unpacking of one value, for the tests of types.

#include <rollcall/codec/unpack.h>

#include "codec/hex.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace rollcall::codec::tests {

template <class T>
[[nodiscard]] std::string packed(const T& value) {
    Buffer out;
    pack(out, value);
    return std::string{out.view()};
}

template <class T>
[[nodiscard]] std::optional<T> unpacked(std::string_view bytes) {
    Reader reader{bytes};
    T value{};
    Mismatch why;
    if (!unpack(reader, value, why)) return std::nullopt;
    EXPECT_TRUE(reader.at_end()) << to_hex(bytes);
    return value;
}

template <class T>
[[nodiscard]] std::optional<T> from(const char* hex) {
    return unpacked<T>(from_hex(hex));
}

// "expected int, got nil", or "fits".
template <class T>
[[nodiscard]] std::string complaint(const char* hex) {
    const std::string bytes = from_hex(hex);
    Reader reader{bytes};
    T value{};
    Mismatch why;
    return unpack(reader, value, why) ? "fits" : why.text();
}

template <class T>
void expect_round_trip(const T& value) {
    const std::string bytes = packed(value);
    const auto back = unpacked<T>(bytes);
    ASSERT_TRUE(back) << type_name<T>() << ": " << to_hex(bytes);
    EXPECT_TRUE(*back == value) << type_name<T>() << ": " << to_hex(bytes);
}

}  // namespace rollcall::codec::tests
