#include <rollcall/registry/header_registry.h>

#include "http_options.h"
#include "openers.h"
#include "url_ttl.h"

#include <algorithm>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kHeaderScheme = "header+";
constexpr std::string_view kDefaultHeaderPath = "/myRPC/registry";
constexpr std::size_t kMaxPrefixBytes = 64;

Error invalid(std::string message) {
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

Result<HeaderProtocol> protocol_in(const http::Url& url) {
    HeaderProtocol protocol;
    if (auto prefix = url.parameter("prefix")) {
        if (!is_header_name(*prefix)) {
            return invalid("prefix must be 1 to 64 of the characters A-Z a-z 0-9 - _");
        }
        if (!prefix->ends_with('-')) *prefix += '-';
        protocol.prefix = std::move(*prefix);
    }
    const auto ttl = ttl_in(url, protocol.ttl);
    if (!ttl) return ttl.error();
    protocol.ttl = *ttl;
    return protocol;
}

}  // namespace

Result<Connection> open_header(std::string_view text, const AccessOptions& access) {
    auto url = http::Url::parse(text.substr(kHeaderScheme.size()));
    if (!url) return url.error();
    auto protocol = protocol_in(*url);
    if (!protocol) return protocol.error();
    if (url->path().empty()) *url = url->with_path(kDefaultHeaderPath);
    const auto options = http_options(access);
    Connection connection;
    connection.announcer = std::make_unique<HeaderAnnouncer>(*url, *protocol, options);
    connection.source = std::make_unique<HeaderSource>(*url, *protocol, options);
    return connection;
}

}  // namespace rollcall::registry
