#include "access.h"

#include <rollcall/base/base64.h>
#include <rollcall/base/secret.h>
#include <rollcall/registry/token_lines.h>

#include <algorithm>

namespace rollcall::registry {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kTokenBytesMin = 8;

// Looks at all of them, so that time does not tell which.
bool is_one_of(const std::vector<std::string>& secrets, std::string_view shown) {
    bool found = false;
    for (const std::string& secret : secrets)
        found = same_secret(secret, shown) || found;
    return found;
}

std::string lower_case(std::string_view text) {
    std::string lower{text};
    for (char& c : lower)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

// Empty if it is none.
std::string token_in(std::string_view header) {
    const std::string scheme = lower_case(header.substr(0, header.find(' ')));
    std::string_view rest = header.substr(scheme.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (scheme == "bearer") return std::string{rest};
    if (scheme != "basic") return {};
    const std::string pair = base64_decoded(rest).value_or("");
    const auto colon = pair.find(':');
    return colon == std::string::npos ? std::string{} : pair.substr(colon + 1);
}

// What tells nothing about servers: whether this one lives, and the page, which asks by itself.
bool is_always_open(const Request& request) {
    const auto& path = request.path;
    return request.method == "GET" &&
           (path.empty() || (path.size() == 1 && path.front() == "healthz"));
}

// Everything that may change something, and whatever is unknown.
bool is_write(const Request& request) {
    if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") {
        return false;
    }
    const auto& path = request.path;
    const bool is_watch = path.size() == 2 && path[0] == "v1" && path[1] == "watch";
    return !(request.method == "POST" && is_watch);
}

Response unauthorized(const std::string& message) {
    return Response::error(401, "unauthorized", message).with_header("WWW-Authenticate", "Bearer");
}

}  // namespace

Result<Access> Access::parse(std::string_view text, std::string_view name) {
    const auto lines = parse_token_lines(text, name);
    if (!lines) return lines.error();
    Access access;
    for (const TokenLine& line : *lines) {
        if (line.kind != "read" && line.kind != "write") {
            return token_line_error(name, line.number, "must be `read TOKEN` or `write TOKEN`");
        }
        if (line.token.size() < kTokenBytesMin) {
            return token_line_error(
                name,
                line.number,
                "the token is shorter than " + std::to_string(kTokenBytesMin) + " bytes"
            );
        }
        (line.kind == "read" ? access.readers_ : access.writers_).push_back(line.token);
    }
    if (access.writers_.empty()) {
        return Error{
            Errc::invalid_argument,
            std::string{name} + " has no line `write TOKEN`, so no server could register"};
    }
    return access;
}

Result<Access> Access::load(const std::string& path) {
    if (path.empty()) return Access();
    const auto text = read_token_file(path);
    if (!text) return text.error();
    return parse(*text, path);
}

std::optional<std::string> Access::token_of(const Request& request) {
    const auto header = request.header("Authorization");
    if (!header) return std::nullopt;
    std::string token = token_in(*header);
    // Watches keep what this returns.
    if (token.size() > kTokenBytesMax) token.clear();
    return token;
}

std::optional<Response> Access::refuse(const Request& request) const {
    if (is_always_open(request)) return std::nullopt;
    return refuse(is_write(request), token_of(request));
}

std::optional<Response> Access::refuse_reading(const std::optional<std::string>& shown) const {
    return refuse(false, shown);
}

std::optional<Response> Access::refuse(bool write, const std::optional<std::string>& shown) const {
    if (writers_.empty() || (!write && readers_.empty())) return std::nullopt;
    switch (right_of(shown.value_or(""))) {
        case Right::write:
            return std::nullopt;
        case Right::read:
            if (!write) return std::nullopt;
            return Response::error(
                403,
                "forbidden",
                "this token may only read; use a write token of the registry's token file"
            );
        case Right::nothing:
            break;
    }
    const std::string how = std::string{"send `Authorization: Bearer TOKEN` with a "} +
                            (write ? "write" : "read or write") +
                            " token of the registry's token file";
    return unauthorized(
        (shown ? "this registry does not know the token that was sent; "
               : "this registry asks for a token; ") +
        how
    );
}

Access::Right Access::right_of(std::string_view token) const {
    if (is_one_of(writers_, token)) return Right::write;
    return is_one_of(readers_, token) ? Right::read : Right::nothing;
}

std::optional<std::string> exposure_of(const RegistryServerOptions& options) {
    const bool guarded = !options.token_file.empty() || !options.tls.client_ca_file.empty();
    if (guarded || options.listen.is_loopback()) return std::nullopt;
    return "other machines reach " + options.listen.to_string() +
           ", and whoever does may change what is listed; give a token file (--token-file), or "
           "listen on 127.0.0.1";
}

}  // namespace rollcall::registry
