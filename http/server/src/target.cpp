#include "target.h"

#include <rollcall/base/log.h>

namespace rollcall::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return Error{
                Errc::invalid_argument,
                "the URL holds '" + printable(text.substr(i, 3)) +
                    "', which is no percent-encoding; write %25 for a percent sign"};
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

// "http://host/path" is as valid a target as "/path" (RFC 9112, section 3.2.2).
std::string_view without_origin(std::string_view target) {
    if (target.starts_with('/')) return target;
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return target;
    const auto path = target.find_first_of("/?", scheme + 3);
    return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

Result<void> parse_path(std::string_view path, Request& request) {
    if (path.starts_with('/')) path.remove_prefix(1);
    while (!path.empty()) {
        const auto slash = path.find('/');
        Result<std::string> segment = percent_decoded(path.substr(0, slash), false);
        if (!segment) return segment.error();
        request.path.push_back(*std::move(segment));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    return {};
}

Result<void> parse_query(std::string_view query, Request& request) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        const std::string_view raw_value =
            equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        Result<std::string> key = percent_decoded(pair.substr(0, equals), true);
        Result<std::string> value = percent_decoded(raw_value, true);
        if (!key) return key.error();
        if (!value) return value.error();
        request.query[*std::move(key)] = *std::move(value);
    }
    return {};
}

}  // namespace

Result<void> parse_target(std::string_view target, Request& request) {
    target = without_origin(target);
    target = target.substr(0, target.find('#'));
    const auto question = target.find('?');
    Result<void> path = parse_path(target.substr(0, question), request);
    if (!path || question == std::string_view::npos) return path;
    return parse_query(target.substr(question + 1), request);
}

}  // namespace rollcall::http
