#pragma once

#include <string>
#include <string_view>

namespace rollcall::registry {

// 64 hexadecimal digits (FIPS 180-4), by OpenSSL.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace rollcall::registry
