#pragma once
// UTF-8, a code point at a time.

#include <optional>
#include <string_view>

namespace rollcall::registry {

// The code point at the front of `text`, which must not be empty, and removes it. Nothing if the
// bytes are not UTF-8 (overlong forms and surrogates are not): then one byte is removed.
[[nodiscard]] std::optional<char32_t> take_code_point(std::string_view& text) noexcept;

}  // namespace rollcall::registry
