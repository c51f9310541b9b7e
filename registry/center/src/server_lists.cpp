#include "server_lists.h"

#include "lists.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

// Other programs than RPC servers may be registered; header clients would call them. What came in
// by the header protocol is listed whatever its scheme, because its readers put it there.
bool is_listed(const Instance& instance) {
    return instance.effective_status() == Status::up &&
           (instance.scheme == "tcp" || !instance.addr.empty());
}

void append_servers(const ServiceRecord& service, std::vector<std::string>& servers) {
    for (const auto& [id, record] : service.instances) {
        const Instance& instance = *record.instance;
        if (!is_listed(instance)) continue;
        servers.push_back(
            instance.addr.empty() ? instance.scheme + "@" + instance.endpoint().to_string()
                                  : instance.addr
        );
    }
}

ServerList list_of(std::vector<std::string> servers, std::uint64_t built_at) {
    std::sort(servers.begin(), servers.end());
    servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
    ServerList list;
    list.built_at = built_at;
    for (const std::string& server : servers) {
        if (!list.header.empty()) list.header += ',';
        list.header += server;
    }
    list.body = std::make_shared<const std::string>(Json{
        {"servers", servers}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    return list;
}

}  // namespace

const ServerList& ServerLists::all() {
    if (all_.built_at != store_.index()) {
        std::vector<std::string> servers;
        for (const auto& [name, service] : store_.services())
            append_servers(service, servers);
        all_ = list_of(std::move(servers), store_.index());
    }
    return all_;
}

const ServerList& ServerLists::of(std::string_view service) {
    const ServiceRecord* const record = store_.find(service);
    if (record == nullptr) {
        if (!none_.body) none_ = list_of({}, 0);
        return none_;
    }
    auto found = per_service_.find(service);
    if (found == per_service_.end()) {
        drop_vanished(per_service_, store_);
        found = per_service_.try_emplace(std::string{service}).first;
    }
    if (found->second.built_at != record->index) {
        std::vector<std::string> servers;
        append_servers(*record, servers);
        found->second = list_of(std::move(servers), record->index);
    }
    return found->second;
}

}  // namespace rollcall::registry
