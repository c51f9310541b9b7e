#include <rollcall/base/base64.h>

#include "eureka_announcer.h"
#include "eureka_source.h"
#include "http_options.h"
#include "openers.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kScheme = "eureka+";
constexpr std::string_view kDefaultPath = "/eureka";

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

// Takes "user:password" out of "http://user:password@host"; a '/' in it need not be encoded.
std::optional<std::string> take_user(std::string& url) {
    const std::size_t begin = url.find("://") + 3;
    const std::size_t end = std::min(url.find('?', begin), url.size());
    const std::size_t at = url.substr(0, end).rfind('@');
    if (at == std::string::npos || at < begin) return std::nullopt;
    std::string user = url.substr(begin, at - begin);
    url.erase(begin, at + 1 - begin);
    return user;
}

std::string basic(const std::string& user, const std::string& password) {
    std::string pair = user;
    pair += ":";
    pair += password;
    return "Basic " + base64_encoded(pair);
}

// "Basic ..." if there is a user, in front of the host or as ?user= with the token as password.
Result<std::string> authorization_for(
    const std::optional<std::string>& in_front, const http::Url& url, const AccessOptions& access
) {
    const auto name = url.parameter("user");
    if (!in_front && !name) return std::string{};
    if (in_front && (name || !access.token.empty())) {
        return invalid(
            "it has a user in front of its host, and there is ?user= or a token besides; only one "
            "of them can be sent"
        );
    }
    if (!in_front) {
        if (name->empty() || name->find(':') != std::string::npos)
            return invalid("user must be a name without a ':'");
        if (access.token.empty())
            return invalid("user needs a password; give it as the token of the registry");
        return basic(*name, access.token);
    }
    const auto colon = in_front->find(':');
    if (colon == std::string::npos || colon == 0) {
        return invalid("what is in front of its host must be user:password@, or nothing");
    }
    return basic(
        http::percent_decode(in_front->substr(0, colon)),
        http::percent_decode(in_front->substr(colon + 1))
    );
}

}  // namespace

Result<Connection> open_eureka(std::string_view text, const AccessOptions& access) {
    std::string plain{text.substr(kScheme.size())};
    const auto user = take_user(plain);
    auto url = http::Url::parse(plain);
    if (!url && plain.find('@') != std::string::npos)
        return invalid("what is special in its user or password must be encoded, '?' as %3F");
    if (!url) return url.error();
    auto authorization = authorization_for(user, *url, access);
    if (!authorization) return authorization.error();
    EurekaProtocol protocol;
    protocol.authorization = std::move(*authorization);
    if (const auto unmarked = url->parameter("unmarked")) {
        if (*unmarked != "tcp") return invalid("unmarked can only be tcp");
        protocol.takes_unmarked = true;
    }
    if (url->path().empty()) *url = url->with_path(kDefaultPath);
    const auto options = http_options(access);
    Connection connection;
    connection.announcer = std::make_unique<EurekaAnnouncer>(*url, protocol, options);
    connection.source = std::make_unique<EurekaSource>(*url, protocol, options);
    return connection;
}

}  // namespace rollcall::registry
