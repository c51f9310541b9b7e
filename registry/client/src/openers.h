#pragma once
// One function per kind of registry: from its URL to its ports. Errors are what is wrong with the
// URL ("its port must be ..."), or the file or token that cannot be used; connect() adds the rest.

#include <rollcall/registry/connect.h>

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

[[nodiscard]] Result<Connection> open_native(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_header(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_etcd(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_redis(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_list(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_file(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_dns(std::string_view url, const AccessOptions& access);
[[nodiscard]] Result<Connection> open_eureka(std::string_view url, const AccessOptions& access);

// "scheme://a:1,b:2/path?query" as {"scheme://a:1/path?query", "scheme://b:2/path?query"}. An
// error, which shows nothing of it, for what may be a password that is cut in two.
[[nodiscard]] Result<std::vector<std::string>> split_hosts(std::string_view url);

// Opens each host of the URL and uses one after the other.
[[nodiscard]] Result<Connection> open_each(
    std::string_view url,
    const AccessOptions& access,
    Result<Connection> (*open)(std::string_view url, const AccessOptions& access)
);

}  // namespace rollcall::registry
