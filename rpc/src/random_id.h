#pragma once
// Names that are not given twice.

#include <rollcall/base/random.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::rpc {

// 16 lower-case hexadecimal digits for each word, never zeros alone.
[[nodiscard]] inline std::string random_hex(std::size_t words) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(16 * words);
    for (std::size_t i = 0; i < words; ++i) {
        std::uint64_t value = random_u64();
        if (value == 0) value = 1;
        for (unsigned shift = 64; shift > 0; shift -= 4)
            text += kDigits[(value >> (shift - 4)) & 15U];
    }
    return text;
}

}  // namespace rollcall::rpc
