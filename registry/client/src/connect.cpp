#include <rollcall/base/log.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/header_registry.h>
#include <rollcall/registry/native_registry.h>

#include "http_options.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kHeaderScheme = "header+";
constexpr std::string_view kDefaultHeaderPath = "/myRPC/registry";
constexpr std::size_t kMaxPrefixBytes = 64;

Error unsupported(std::string_view url, std::string_view why) {
    std::string message = "'" + printable(url) + "' is not the URL of a registry: ";
    message += why;
    message +=
        "; supported are http://host:port (the registry's own API) and "
        "header+http://host:port[/path][?prefix=X-Myrpc-][&ttl=seconds] (the header protocol), "
        "both with https too";
    return Error{Errc::invalid_argument, std::move(message)};
}

bool is_header_name(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= kMaxPrefixBytes &&
           std::all_of(text.begin(), text.end(), allowed);
}

Result<HeaderProtocol> protocol_in(std::string_view text, const http::Url& url) {
    HeaderProtocol protocol;
    if (auto prefix = url.parameter("prefix")) {
        if (!is_header_name(*prefix)) {
            return unsupported(text, "prefix must be 1 to 64 of the characters A-Z a-z 0-9 - _");
        }
        if (!prefix->ends_with('-')) *prefix += '-';
        protocol.prefix = std::move(*prefix);
    }
    if (const auto ttl = url.parameter("ttl")) {
        double seconds = 0;
        const char* const end = ttl->data() + ttl->size();
        const auto [rest, ec] = std::from_chars(ttl->data(), end, seconds);
        if (ec != std::errc{} || rest != end || !(seconds >= 0.03 && seconds <= 86400.0)) {
            return unsupported(text, "ttl must be a number of seconds from 0.03 to 86400");
        }
        protocol.ttl = std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000.0)};
    }
    return protocol;
}

Result<Connection> connect_header(std::string_view text, const AccessOptions& access) {
    auto url = http::Url::parse(text.substr(kHeaderScheme.size()));
    if (!url) return unsupported(text, url.error().message());
    auto protocol = protocol_in(text, *url);
    if (!protocol) return protocol.error();
    if (url->path().empty()) *url = url->with_path(kDefaultHeaderPath);
    const auto options = http_options(*url, access);
    if (!options) return options.error();
    Connection connection;
    connection.announcer = std::make_unique<HeaderAnnouncer>(*url, *protocol, *options);
    connection.source = std::make_unique<HeaderSource>(*url, *protocol, *options);
    return connection;
}

Result<Connection> connect_native(std::string_view text, const AccessOptions& access) {
    auto url = http::Url::parse(text);
    if (!url) return unsupported(text, url.error().message());
    const auto options = http_options(*url, access);
    if (!options) return options.error();
    Connection connection;
    connection.announcer = std::make_unique<NativeAnnouncer>(*url, *options);
    connection.source = std::make_unique<NativeSource>(*url, *options);
    return connection;
}

}  // namespace

Result<Connection> connect(std::string_view url, const AccessOptions& access) {
    const bool header = url.starts_with(kHeaderScheme);
    const std::string_view rest = header ? url.substr(kHeaderScheme.size()) : url;
    if (rest.starts_with("http://") || rest.starts_with("https://")) {
        return header ? connect_header(url, access) : connect_native(url, access);
    }
    const bool has_scheme = url.find("://") != std::string_view::npos;
    return unsupported(url, has_scheme ? "its scheme is not known" : "it has no scheme");
}

}  // namespace rollcall::registry
