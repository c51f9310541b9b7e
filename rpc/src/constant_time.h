#pragma once
// Comparing secrets.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rollcall::rpc {

// Takes as long for a near miss as for a far one, so that time does not tell a token.
[[nodiscard]] inline bool equal_in_constant_time(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        difference |= static_cast<unsigned>(
            static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])
        );
    }
    return difference == 0;
}

}  // namespace rollcall::rpc
