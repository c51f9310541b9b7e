#pragma once
// Names that are not given twice.

#include <rollcall/base/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rollcall::rpc {

// 16 lower-case hexadecimal digits for each word, never zeros alone.
template <std::size_t Words>
class RandomId {
public:
    RandomId() {
        char* at = text_.data();
        for (std::size_t i = 0; i < Words; ++i)
            at = write(at, random_u64());
    }

    // Valid as long as this object.
    [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), text_.size()}; }

private:
    static char* write(char* at, std::uint64_t word) noexcept {
        if (word == 0) word = 1;
        for (const std::uint64_t digits : {digits_of(word >> 32U), digits_of(word & 0xffffffffU)}) {
            std::memcpy(at, &digits, sizeof digits);
            at += sizeof digits;
        }
        return at;
    }

    // The eight digits of 32 bits, all at once; in which order does not matter.
    static std::uint64_t digits_of(std::uint64_t bits) noexcept {
        bits = (bits | bits << 16U) & 0x0000'ffff'0000'ffffU;
        bits = (bits | bits << 8U) & 0x00ff'00ff'00ff'00ffU;
        bits = (bits | bits << 4U) & 0x0f0f'0f0f'0f0f'0f0fU;
        const std::uint64_t letters = (bits + kEach * 6) >> 4U & kEach;
        return bits + kEach * '0' + letters * ('a' - '0' - 10);
    }

    static constexpr std::uint64_t kEach = 0x0101'0101'0101'0101U;

    std::array<char, 16 * Words> text_;
};

}  // namespace rollcall::rpc
