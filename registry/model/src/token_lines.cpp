#include <rollcall/base/log.h>
#include <rollcall/registry/token_lines.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace rollcall::registry {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;
constexpr std::string_view kBlanks = " \t\r";

Error unreadable(const std::string& path, const std::string& why) {
    return Error{Errc::invalid_argument, "the token file '" + printable(path) + "' " + why};
}

std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

Result<std::vector<TokenLine>> parse_token_lines(std::string_view text, std::string_view name) {
    std::vector<TokenLine> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        std::string_view kind = take_word(line);
        if (kind.empty() || kind.starts_with('#')) continue;
        std::string_view token = take_word(line);
        if (token.empty()) std::swap(kind, token);
        if (!take_word(line).empty()) {
            return token_line_error(name, number, "more than one word and a token");
        }
        if (!is_token(token)) {
            return token_line_error(
                name,
                number,
                "the token is not 1 to " + std::to_string(kTokenBytesMax) +
                    " letters, digits and signs of ASCII"
            );
        }
        lines.push_back({number, std::string{kind}, std::string{token}});
    }
    return lines;
}

Result<std::string> read_token_file(const std::string& path) {
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    // One byte more than may be there, so that no endless file is read to its end.
    std::string text(kFileBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        return unreadable(path, "cannot be read: " + std::generic_category().message(errno));
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFileBytesMax) return unreadable(path, "is larger than 64 KiB");
    return text;
}

Error token_line_error(std::string_view name, std::size_t line, std::string_view why) {
    std::string message = printable(name) + ", line " + std::to_string(line) + ": ";
    message += why;
    return Error{Errc::invalid_argument, std::move(message)};
}

bool is_token(std::string_view text) {
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
    return !text.empty() && text.size() <= kTokenBytesMax &&
           std::all_of(text.begin(), text.end(), visible);
}

}  // namespace rollcall::registry
