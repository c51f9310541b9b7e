#include <rollcall/base/endpoint.h>
#include <rollcall/base/log.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace rollcall {
namespace {

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, section 2.3.4, in its textual form

Error invalid_as(std::string_view what, std::string_view text, std::string_view why) {
    std::string message = "'";
    message += printable(text);
    message += "' is ";
    message += what;
    message += ": ";
    message += why;
    return Error{Errc::invalid_argument, std::move(message)};
}

Error invalid(std::string_view text, std::string_view why) {
    return invalid_as("not host:port", text, why);
}

constexpr std::string_view kUnix = "unix:";

Error invalid_unix(std::string_view text, std::string_view why) {
    return invalid_as("no Unix domain socket", text, why);
}

// Of "/run/x.sock" or "@name": what is wrong with it, or empty. Visible ASCII alone, so that it
// passes unchanged through logs, JSON and command lines.
std::string unix_problem(std::string_view name) {
    const bool is_abstract = name.starts_with('@');
    const std::size_t bytes = name.size() - (is_abstract ? 1 : 0);
    if (bytes > Endpoint::kMaxUnixBytes) {
        return (is_abstract ? "the name is " : "the path is ") + std::to_string(bytes) +
               " bytes long; the system takes at most " + std::to_string(Endpoint::kMaxUnixBytes);
    }
    if (!std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
        return "only visible ASCII characters are allowed, and no blanks";
    if (is_abstract ? bytes == 0 : name.ends_with('/')) return "it names no socket";
    return {};
}

bool is_literal(int family, const std::string& host) {
    in6_addr scratch{};
    if (host.find('\0') != std::string::npos) return false;  // inet_pton would stop there
    return inet_pton(family, host.c_str(), &scratch) == 1;
}

bool is_host_name(std::string_view host) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= kMaxHostBytes && host.front() != '-' &&
           host.front() != '.' && std::all_of(host.begin(), host.end(), allowed);
}

}  // namespace

Endpoint::Endpoint(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
    if (text.starts_with("unix:/") || text.starts_with("unix:@")) {
        const std::string problem = unix_problem(text.substr(kUnix.size()));
        if (!problem.empty()) return invalid_unix(text, problem);
        return Endpoint{std::string{text}, 0};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return invalid(text, "there is no port");
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);

    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const bool has_colon = host.find(':') != std::string_view::npos;
    if (has_colon && !bracketed) return invalid(text, "an IPv6 address needs brackets, [::1]:9000");
    if (bracketed && !is_literal(AF_INET6, std::string{host})) {
        return invalid(text, "the brackets do not hold an IPv6 address");
    }
    if (host.empty()) return invalid(text, "there is no host");
    if (!bracketed && !is_host_name(host)) return invalid(text, "the host is not valid");

    unsigned port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (ec != std::errc{} || end != digits.data() + digits.size() || port > 65535) {
        if (text.starts_with(kUnix))
            return invalid_unix(text, "give an absolute path, unix:/run/x.sock, or unix:@name");
        return invalid(text, "the port must be a number from 0 to 65535");
    }
    return Endpoint{std::string{host}, static_cast<std::uint16_t>(port)};
}

std::string_view Endpoint::unix_name() const noexcept {
    return is_unix() ? std::string_view{host_}.substr(kUnix.size()) : std::string_view{};
}

std::string Endpoint::to_string() const {
    if (is_unix()) return host_;
    const bool brackets = host_.find(':') != std::string::npos;
    std::string text;
    text.reserve(host_.size() + 8);
    if (brackets) text += '[';
    text += host_;
    if (brackets) text += ']';
    text += ':';
    text += std::to_string(port_);
    return text;
}

bool Endpoint::is_ipv4() const {
    return is_literal(AF_INET, host_);
}

bool Endpoint::is_ipv6() const {
    return is_literal(AF_INET6, host_);
}

bool Endpoint::is_wildcard() const {
    in6_addr six{};
    if (inet_pton(AF_INET6, host_.c_str(), &six) == 1) return IN6_IS_ADDR_UNSPECIFIED(&six) != 0;
    return host_ == "0.0.0.0";
}

bool Endpoint::is_loopback() const {
    in_addr four{};
    if (inet_pton(AF_INET, host_.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
    in6_addr six{};
    if (inet_pton(AF_INET6, host_.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six) != 0;
    return is_unix() || host_ == "localhost";
}

}  // namespace rollcall
