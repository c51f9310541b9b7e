#pragma once
// Bytes as text, in the standard alphabet (RFC 4648).

#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

// With '=' at the end where the length asks for it.
[[nodiscard]] std::string base64_encoded(std::string_view bytes);

// Nothing if it is not base64. The '=' at the end may be left out.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace rollcall
