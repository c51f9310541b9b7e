#include "redis_options.h"

#include <rollcall/http/url.h>
#include <rollcall/registry/utf8.h>
#include <rollcall/registry/validation.h>

#include "url_ttl.h"

#include <algorithm>
#include <charconv>

namespace rollcall::registry {
namespace {

constexpr int kDatabaseMax = 9999;
constexpr std::size_t kPrefixBytesMax = 64;
constexpr std::string_view kDefaultPort = ":6379";

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Result<void> read_credentials(std::string_view text, RedisOptions& options) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) {
        return invalid("there is no password before the @; write user:password@ or :password@");
    }
    options.user = http::percent_decode(text.substr(0, colon));
    options.password = http::percent_decode(text.substr(colon + 1));
    return {};
}

Result<int> database_in(std::string_view path) {
    if (path.empty()) return 0;
    path.remove_prefix(1);
    int number = 0;
    const auto [end, ec] = std::from_chars(path.data(), path.data() + path.size(), number);
    const bool is_whole = ec == std::errc{} && end == path.data() + path.size();
    if (is_whole && number >= 0 && number <= kDatabaseMax) return number;
    return invalid("the path must be the number of a database, 0 to 9999");
}

// What follows the scheme and the credentials, as a URL that has a port.
Result<http::Url> place_in(std::string_view rest) {
    const auto end = std::min(rest.find_first_of("/?"), rest.size());
    const std::string_view host = rest.substr(0, end);
    const bool has_port =
        host.find(':', std::min(host.rfind(']'), host.size())) != std::string_view::npos ||
        (!host.starts_with('[') && host.find(':') != std::string_view::npos);
    std::string text = "http://" + std::string{host};
    if (!has_port) text += kDefaultPort;
    text += rest.substr(end);
    return http::Url::parse(text);
}

}  // namespace

Result<RedisOptions> redis_options(std::string_view url, const AccessOptions& access) {
    RedisOptions options;
    options.stream.is_encrypted = url.starts_with("rediss://");
    options.stream.tls = access.tls;
    options.password = access.token;
    std::string_view rest = url.substr(url.find("://") + 3);
    const auto at = rest.substr(0, rest.find_first_of("/?")).rfind('@');
    if (at != std::string_view::npos) {
        auto read = read_credentials(rest.substr(0, at), options);
        if (!read) return read.error();
        rest.remove_prefix(at + 1);
    } else if (rest.find('@') != std::string_view::npos) {
        return invalid("a / or ? before the @ must be written as %2F or %3F");
    }
    const auto place = place_in(rest);
    if (!place) return place.error();
    options.server = place->endpoint();
    const auto database = database_in(place->path());
    if (!database) return database.error();
    options.database = *database;
    if (const auto prefix = place->parameter("prefix")) {
        if (prefix->empty() || prefix->size() > kPrefixBytesMax || !is_clean_text(*prefix))
            return invalid("prefix must be 1 to 64 bytes of text");
        options.prefix = *prefix;
    }
    const auto ttl = ttl_in(*place, options.ttl);
    if (!ttl) return ttl.error();
    options.ttl = *ttl;
    return options;
}

}  // namespace rollcall::registry
