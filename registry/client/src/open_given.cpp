// list:, file: and dns:, which are read only.
#include <rollcall/registry/given_sources.h>

#include "header_address.h"
#include "openers.h"

#include <utility>

namespace rollcall::registry {
namespace {

constexpr std::string_view kList = "list:";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kDns = "dns:";

Error invalid(std::string message) {
    return Error{Errc::invalid_argument, std::move(message)};
}

Result<Endpoint> dialable(std::string_view text) {
    auto endpoint = Endpoint::parse(text);
    if (!endpoint || endpoint->is_unix()) return endpoint;
    if (endpoint->port() == 0) return invalid("'" + endpoint->to_string() + "' has port 0");
    if (endpoint->is_wildcard())
        return invalid("'" + endpoint->to_string() + "' is no address that can be dialled");
    return endpoint;
}

Connection reading(std::unique_ptr<Source> source) {
    Connection connection;
    connection.source = std::move(source);
    return connection;
}

}  // namespace

Result<Connection> open_list(std::string_view url, const AccessOptions& /*access*/) {
    std::vector<Endpoint> endpoints;
    for (const std::string& each : split_servers(url.substr(kList.size()))) {
        auto endpoint = dialable(each);
        if (!endpoint) return endpoint.error();
        for (const Endpoint& other : endpoints) {
            if (other == *endpoint) return invalid("'" + each + "' is in the list twice");
        }
        endpoints.push_back(*std::move(endpoint));
    }
    if (endpoints.empty()) return invalid("the list is empty");
    return reading(std::make_unique<ListSource>(endpoints));
}

Result<Connection> open_file(std::string_view url, const AccessOptions& /*access*/) {
    std::string_view path = url.substr(kFile.size());
    if (path.starts_with("///")) path.remove_prefix(2);
    if (path.starts_with("//")) return invalid("a file has no host; write file:/path");
    if (path.empty() || path.ends_with('/')) return invalid("it names no file");
    if (path.find('\0') != std::string_view::npos) return invalid("its path holds a zero byte");
    return reading(std::make_unique<FileSource>(std::string{path}));
}

Result<Connection> open_dns(std::string_view url, const AccessOptions& /*access*/) {
    auto name = dialable(url.substr(kDns.size()));
    if (!name) return name.error();
    if (name->is_unix())
        return invalid(
            "'" + name->to_string() + "' is no name that DNS knows; write list:unix:/path"
        );
    return reading(std::make_unique<DnsSource>(*std::move(name)));
}

}  // namespace rollcall::registry
