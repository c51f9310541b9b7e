#include "header_address.h"

#include <rollcall/base/endpoint.h>

#include <algorithm>

namespace rollcall::registry {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
    const auto end = text.find_last_not_of(" \t");
    return end == std::string_view::npos ? std::string_view{} : text.substr(begin, end + 1 - begin);
}

}  // namespace

std::string header_address_of(const Instance& instance) {
    if (!instance.addr.empty()) return instance.addr;
    return instance.scheme + "@" + instance.endpoint().to_string();
}

Result<Instance> instance_at(std::string_view text, std::string_view service) {
    Instance instance;
    std::string_view rest = text;
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        instance.scheme = text.substr(0, at);
        rest = text.substr(at + 1);
    }
    auto endpoint = Endpoint::parse(rest);
    if (!endpoint) return endpoint.error();
    if (endpoint->port() == 0 && !endpoint->is_unix()) {
        return Error{Errc::invalid_argument, "'" + endpoint->to_string() + "' has port 0"};
    }
    instance.service = service;
    instance.id = text;
    instance.addr = text;
    instance.address = endpoint->host();
    instance.port = endpoint->port();
    instance.via = "header";
    return instance;
}

std::vector<std::string> split_servers(std::string_view list) {
    std::vector<std::string> servers;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        const std::string_view entry = trimmed(list.substr(0, end));
        if (!entry.empty()) servers.emplace_back(entry);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return servers;
}

}  // namespace rollcall::registry
