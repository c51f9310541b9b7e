#include <rollcall/registry/validation.h>

#include "etcd_announcer.h"
#include "etcd_source.h"
#include "http_options.h"
#include "openers.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kEncrypted = "etcds://";
constexpr std::string_view kDefaultPort = ":2379";
constexpr std::size_t kUserBytesMax = 255;

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

// The URL of one member's gateway: "etcd://host/path" as "http://host:2379/path".
std::string gateway_of(std::string_view url) {
    const bool encrypted = url.starts_with(kEncrypted);
    const std::size_t begin = url.find("://") + 3;
    const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
    const std::string_view host = url.substr(begin, end - begin);
    std::string gateway{encrypted ? "https://" : "http://"};
    gateway += host;
    const bool has_port = host.rfind(':') != std::string_view::npos && host.back() != ']';
    if (!host.empty() && !has_port) gateway += kDefaultPort;
    return gateway += url.substr(end);
}

Result<std::optional<int>> whole_number(
    const http::Url& url, const char* name, int max, const char* what
) {
    const auto text = url.parameter(name);
    if (!text) return std::optional<int>{};
    int number = 0;
    const char* const end = text->data() + text->size();
    const auto [rest, ec] = std::from_chars(text->data(), end, number);
    if (ec != std::errc{} || rest != end || number < 1 || number > max) {
        return invalid(
            std::string{name} + " must be " + what + " from 1 to " + std::to_string(max)
        );
    }
    return std::optional<int>{number};
}

Result<EtcdLayout> layout_in(const http::Url& url) {
    const auto port = whole_number(url, "port", 65535, "a number");
    if (!port) return port.error();
    // What follows the '/' after the hosts, so that a prefix may begin with one.
    std::optional<std::string> prefix;
    if (!url.path().empty()) prefix = url.path().substr(1);
    return EtcdLayout::parse(
        url.parameter("layout").value_or("services"),
        std::move(prefix),
        static_cast<std::uint16_t>(port->value_or(0))
    );
}

Result<EtcdAccess> access_in(std::string_view text, const AccessOptions& options) {
    EtcdAccess access;
    const auto urls = split_hosts(text);
    if (!urls) return urls.error();
    for (const std::string& each : *urls) {
        auto member = http::Url::parse(gateway_of(each));
        if (!member) return member.error();
        access.members.push_back(std::move(*member));
    }
    access.http = http_options(options);
    access.secret = options.token;
    if (auto user = access.members.front().parameter("user")) {
        if (user->empty() || user->size() > kUserBytesMax || !is_clean_text(*user))
            return invalid("user must be a name of 1 to 255 bytes of text");
        if (options.token.empty())
            return invalid("user needs a password; give it as the token of the registry");
        access.user = std::move(*user);
    }
    return access;
}

}  // namespace

Result<Connection> open_etcd(std::string_view text, const AccessOptions& options) {
    auto access = access_in(text, options);
    if (!access) return access.error();
    const http::Url& url = access->members.front();
    auto layout = layout_in(url);
    if (!layout) return layout.error();
    const auto ttl = whole_number(url, "ttl", 86400, "a whole number of seconds");
    if (!ttl) return ttl.error();
    for (http::Url& member : access->members)
        member = member.with_path("");
    Connection connection;
    connection.source = std::make_unique<EtcdSource>(*access, *layout);
    if (layout->is_writable()) {
        connection.announcer = std::make_unique<EtcdAnnouncer>(
            std::move(*access), std::move(*layout), std::chrono::seconds{ttl->value_or(15)}
        );
    }
    return connection;
}

}  // namespace rollcall::registry
