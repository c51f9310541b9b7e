#pragma once
// The files that tokens are kept in.

#include <rollcall/base/result.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

inline constexpr std::size_t kTokenBytesMax = 255;

// One line that says something.
struct TokenLine {
    std::size_t number;  // from 1
    std::string kind;    // the word before the token; empty if the token stands alone
    std::string token;   // visible ASCII, at most kTokenBytesMax
};

// Lines "KIND TOKEN" or "TOKEN"; blank ones and those that start with '#' are left out. `name`
// stands for the text in errors (invalid_argument), which give the line and never a token.
[[nodiscard]] Result<std::vector<TokenLine>> parse_token_lines(
    std::string_view text, std::string_view name
);

// The contents of a file of at most 64 KiB.
[[nodiscard]] Result<std::string> read_token_file(const std::string& path);

// "name, line 3: why".
[[nodiscard]] Error token_line_error(std::string_view name, std::size_t line, std::string_view why);

// Whether it can be sent in a header and found in a file: 1 to kTokenBytesMax bytes, visible ASCII.
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace rollcall::registry
