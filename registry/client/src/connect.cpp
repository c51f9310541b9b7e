#include <rollcall/base/log.h>
#include <rollcall/registry/connect.h>
#include <rollcall/registry/native_registry.h>

#include "http_options.h"
#include "openers.h"

#include <string>

namespace rollcall::registry {
namespace {

using Open = Result<Connection> (*)(std::string_view url, const AccessOptions& access);

// The kinds of registries, each over plain text and over TLS.
struct Kind {
    std::string_view plain;
    std::string_view encrypted;  // empty: there is none
    std::string_view usage;
    Open open;
    bool has_hosts_apart;  // each host is a registry of its own, and one of them is used
};

constexpr Kind kKinds[] = {
    {"http://", "https://", "http://host:port (the registry's own API)", open_native, true},
    {"header+http://",
     "header+https://",
     "header+http://host:port[/path][?prefix=X-Myrpc-][&ttl=seconds] (the header protocol)",
     open_header,
     true},
    {"etcd://",
     "etcds://",
     "etcd://host[:2379][,host...][/prefix][?layout=services][&ttl=seconds][&user=name] (etcd v3)",
     open_etcd,
     false},
    {"eureka+http://",
     "eureka+https://",
     "eureka+http://[user:password@]host:port[/eureka][?user=name][&unmarked=tcp] (Eureka)",
     open_eureka,
     true},
    {"redis://",
     "rediss://",
     "redis://[user:password@]host:6379[/db][?prefix=rollcall:][&ttl=seconds] (Redis)",
     open_redis,
     true},
    {"list:", "", "list:host:port,host:port (fixed, to read)", open_list, false},
    {"file:", "", "file:/path (to read)", open_file, false},
    {"dns:", "", "dns:name:port (to read)", open_dns, false},
};

std::string refused(std::string_view url, std::string_view why) {
    std::string message =
        "'" + printable(without_password(url)) + "' is not the URL of a registry: ";
    message += why;
    return message;
}

Error misspelt(std::string_view url, std::string_view why, const Kind& kind) {
    std::string message = refused(url, why) + "; it is written ";
    message += kind.usage;
    if (!kind.encrypted.empty()) {
        message += ", over TLS with ";
        message += kind.encrypted;
    }
    return Error{Errc::invalid_argument, std::move(message)};
}

Error unsupported(std::string_view url, std::string_view why) {
    std::string message = refused(url, why) + "; supported are";
    for (const Kind& kind : kKinds) {
        message += &kind == kKinds ? " " : ", ";
        message += kind.usage;
    }
    message += ", over TLS with";
    for (const Kind& kind : kKinds) {
        if (kind.encrypted.empty()) continue;
        message += &kind == kKinds ? " " : ", ";
        message += kind.encrypted;
    }
    return Error{Errc::invalid_argument, std::move(message)};
}

}  // namespace

Result<Connection> open_native(std::string_view text, const AccessOptions& access) {
    auto url = http::Url::parse(text);
    if (!url) return url.error();
    const auto options = http_options(access);
    Connection connection;
    connection.announcer = std::make_unique<NativeAnnouncer>(*url, options);
    connection.source = std::make_unique<NativeSource>(*url, options);
    return connection;
}

std::string without_password(std::string_view url) {
    if (url.starts_with("file:")) return std::string{url};
    const auto scheme = url.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    // A password may hold anything, so the last @ counts, and what is before it is not taken apart.
    const auto at = url.rfind('@');
    if (at == std::string_view::npos || at < begin) return std::string{url};
    std::string text{url.substr(0, begin)};
    text += "***";
    text += url.substr(at);
    return text;
}

Result<Connection> connect(std::string_view url, const AccessOptions& access) {
    for (const Kind& kind : kKinds) {
        const bool is_it = url.starts_with(kind.plain) ||
                           (!kind.encrypted.empty() && url.starts_with(kind.encrypted));
        if (!is_it) continue;
        const bool is_encrypted = !url.starts_with(kind.plain);
        if (auto usable = check_access(access, is_encrypted); !usable) return usable.error();
        auto connection =
            kind.has_hosts_apart ? open_each(url, access, kind.open) : kind.open(url, access);
        if (!connection) return misspelt(url, connection.error().message(), kind);
        return connection;
    }
    const bool has_scheme = url.find("://") != std::string_view::npos;
    return unsupported(url, has_scheme ? "its scheme is not known" : "it has no scheme");
}

}  // namespace rollcall::registry
