#pragma once
// Hashes that are the same in every process, on every machine and in every version.

#include <cstdint>
#include <string_view>

namespace rollcall {

// Spreads the bits of a number (the finaliser of SplitMix64, Steele et al. 2014). A bijection.
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

// FNV-1a with its bits spread. Not for hash tables that strangers fill: collisions can be made.
[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return mix_bits(hash);
}

}  // namespace rollcall
