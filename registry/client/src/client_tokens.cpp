#include <rollcall/base/log.h>
#include <rollcall/registry/client_tokens.h>
#include <rollcall/registry/token_lines.h>

namespace rollcall::registry {
namespace {

Error nothing_in(std::string_view name) {
    return Error{
        Errc::invalid_argument,
        printable(name) +
            " has no token; write one alone on a line, or lines `registry TOKEN` and "
            "`server TOKEN`"};
}

}  // namespace

Result<ClientTokens> parse_client_tokens(std::string_view text, std::string_view name) {
    const auto lines = parse_token_lines(text, name);
    if (!lines) return lines.error();
    if (lines->empty()) return nothing_in(name);
    ClientTokens tokens;
    for (const TokenLine& line : *lines) {
        if (line.kind.empty() && lines->size() == 1) return ClientTokens{line.token, line.token};
        if (line.kind != "registry" && line.kind != "server") {
            return token_line_error(
                name, line.number, "must be `registry TOKEN` or `server TOKEN`, or the only line"
            );
        }
        std::string& token = line.kind == "registry" ? tokens.registry : tokens.server;
        if (!token.empty()) {
            return token_line_error(name, line.number, "there is a `" + line.kind + "` already");
        }
        token = line.token;
    }
    return tokens;
}

Result<ClientTokens> read_client_tokens(const std::string& path) {
    if (path.empty()) return ClientTokens();
    const auto text = read_token_file(path);
    if (!text) return text.error();
    return parse_client_tokens(*text, path);
}

}  // namespace rollcall::registry
