#pragma once
// Comparing what a stranger shows with a secret.

#include <cstddef>
#include <string_view>

namespace rollcall {

// Takes the same time wherever the two differ, so that nobody can guess a secret byte by byte.
// Nothing equals an empty secret but an empty text.
[[nodiscard]] inline bool same_secret(std::string_view secret, std::string_view shown) noexcept {
    if (secret.empty()) return shown.empty();
    volatile unsigned difference = secret.size() == shown.size() ? 0 : 1;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto a = static_cast<unsigned char>(secret[i % secret.size()]);
        const auto b = static_cast<unsigned char>(shown[i]);
        difference = difference | static_cast<unsigned>(a ^ b);
    }
    return difference == 0;
}

}  // namespace rollcall
