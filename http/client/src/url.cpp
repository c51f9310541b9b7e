#include <rollcall/base/log.h>
#include <rollcall/http/url.h>

#include <algorithm>
#include <charconv>

namespace rollcall::http {
namespace {

constexpr std::size_t kUrlBytesMax = 8192;

Error invalid(std::string_view text, std::string_view why) {
    std::string message = "'";
    message += printable(text);
    message += "' is not a URL that can be used: ";
    message += why;
    return Error{Errc::invalid_argument, std::move(message)};
}

bool is_url_byte(char c) {
    return c > 0x20 && c < 0x7f;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > kUrlBytesMax) return invalid(text, "it is longer than 8192 bytes");
    if (!std::all_of(text.begin(), text.end(), is_url_byte)) {
        return invalid(text, "it holds a blank, a control character or a byte that is not ASCII");
    }
    constexpr std::string_view kPlain = "http://";
    constexpr std::string_view kEncrypted = "https://";
    Url url;
    url.encrypted_ = text.starts_with(kEncrypted);
    if (!url.encrypted_ && !text.starts_with(kPlain)) {
        return invalid(text, "it must start with http:// or https://");
    }
    std::string_view rest = text.substr((url.encrypted_ ? kEncrypted : kPlain).size());
    rest = rest.substr(0, rest.find('#'));

    const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    std::string_view path = rest.substr(authority_end);
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        return invalid(authority.substr(at + 1), "a user name or password in it is not supported");
    }
    if (const auto question = path.find('?'); question != std::string_view::npos) {
        url.query_ = path.substr(question + 1);
        path = path.substr(0, question);
    }
    while (path.ends_with('/'))
        path.remove_suffix(1);
    url.path_ = path;

    const bool has_port = !authority.empty() && authority.back() != ']' &&
                          authority.find(':') != std::string_view::npos;
    const std::string port = has_port ? "" : url.encrypted_ ? ":443" : ":80";
    auto endpoint = Endpoint::parse(std::string{authority} + port);
    if (!endpoint) return invalid(text, endpoint.error().message());
    if (endpoint->port() == 0) return invalid(text, "port 0 cannot be dialled");
    url.endpoint_ = std::move(*endpoint);
    return url;
}

std::optional<std::string> Url::parameter(std::string_view name) const {
    std::string_view rest = query_;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) != name) continue;
        return percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    }
    return std::nullopt;
}

Url Url::with_path(std::string_view path) const {
    Url other = *this;
    other.path_ = path;
    return other;
}

std::string Url::origin() const {
    return (encrypted_ ? "https://" : "http://") + endpoint_.to_string();
}

std::string Url::to_string() const {
    return origin() + path_;
}

std::string percent_decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size()) {
            const char* digits = text.data() + i + 1;
            const auto [end, ec] = std::from_chars(digits, digits + 2, byte, 16);
            if (ec == std::errc{} && end == digits + 2) {
                decoded += static_cast<char>(byte);
                i += 2;
                continue;
            }
        }
        decoded += text[i];
    }
    return decoded;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        const auto byte = static_cast<unsigned char>(c);
        if (plain) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kDigits[byte >> 4U];
            encoded += kDigits[byte & 15U];
        }
    }
    return encoded;
}

}  // namespace rollcall::http
