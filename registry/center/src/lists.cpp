#include "lists.h"

#include <rollcall/registry/instance_json.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

// RFC 3339, for display only: leases live on the steady clock.
std::string date_of(TimePoint moment, TimePoint now) {
    const auto wall = std::chrono::system_clock::now() -
                      std::chrono::duration_cast<std::chrono::system_clock::duration>(now - moment);
    const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

// Adds members to the end of a JSON object's text.
std::string with_members(std::string object, const std::string& members) {
    object.pop_back();
    object += ',';
    object += members;
    object += '}';
    return object;
}

std::string list_item(const LeaseRecord& record, TimePoint now) {
    return with_members(
        to_json(*record.instance), "\"registered\":\"" + date_of(record.registered, now) + '"'
    );
}

std::vector<const LeaseRecord*> sorted_records(const ServiceRecord& service) {
    std::vector<const LeaseRecord*> records;
    records.reserve(service.instances.size());
    for (const auto& [id, record] : service.instances)
        records.push_back(record.get());
    std::sort(records.begin(), records.end(), [](const auto* a, const auto* b) {
        return a->instance->id < b->instance->id;
    });
    return records;
}

std::string build_instances(
    const ServiceRecord* service, std::string_view index, const ListFilter& filter, TimePoint now
) {
    std::string text = "{\"index\":\"";
    text += index;
    text += "\",\"instances\":[";
    bool first = true;
    if (service != nullptr) {
        for (const LeaseRecord* record : sorted_records(*service)) {
            if (!filter.matches(*record->instance)) continue;
            if (!std::exchange(first, false)) text += ',';
            text += list_item(*record, now);
        }
    }
    text += "]}";
    return text;
}

// Other programs than RPC servers may be registered; header clients would call them. What came in
// by the header protocol is listed whatever its scheme, because its readers put it there.
bool in_server_list(const Instance& instance) {
    return instance.effective_status() == Status::up &&
           (instance.scheme == "tcp" || !instance.addr.empty());
}

void append_servers(const ServiceRecord& service, std::vector<std::string>& servers) {
    for (const auto& [id, record] : service.instances) {
        const Instance& instance = *record->instance;
        if (!in_server_list(instance)) continue;
        servers.push_back(
            instance.addr.empty() ? instance.scheme + "@" + instance.endpoint().to_string()
                                  : instance.addr
        );
    }
}

ServerList server_list(std::vector<std::string> servers, std::string index) {
    std::sort(servers.begin(), servers.end());
    servers.erase(std::unique(servers.begin(), servers.end()), servers.end());
    ServerList list;
    for (const std::string& server : servers) {
        if (!list.header.empty()) list.header += ',';
        list.header += server;
    }
    list.body = std::make_shared<const std::string>(Json{
        {"servers", servers}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    list.index = std::move(index);
    return list;
}

}  // namespace

bool ListFilter::matches(const Instance& instance) const {
    const auto& tags = instance.tags;
    return (!status || instance.effective_status() == *status) &&
           (tag.empty() || std::find(tags.begin(), tags.end(), tag) != tags.end()) &&
           (zone.empty() || instance.zone == zone) &&
           (version.empty() || instance.version == version);
}

Lists::Lists(const LeaseStore& store, std::string epoch)
    : store_(store), epoch_(std::move(epoch)), no_servers_(server_list({}, index(0))) {
}

std::string Lists::index(std::uint64_t number) const {
    return epoch_ + "." + std::to_string(number);
}

Lists::Text Lists::services() {
    if (services_.built_at != store_.index()) {
        std::vector<std::string> names;
        for (const auto& [name, service] : store_.services())
            names.push_back(name);
        std::sort(names.begin(), names.end());
        Json services = Json::array();
        for (const std::string& name : names) {
            const ServiceRecord& service = *store_.find(name);
            services.push_back(
                {{"name", name}, {"up", service.up}, {"total", service.instances.size()}}
            );
        }
        const Json list = {{"index", index(store_.index())}, {"services", std::move(services)}};
        services_ = {store_.index(), std::make_shared<const std::string>(list.dump())};
    }
    return services_.value;
}

Lists::Text Lists::instances(std::string_view service, TimePoint now) {
    const ServiceRecord* const record = store_.find(service);
    if (record == nullptr) return instances(service, ListFilter{}, now);
    auto& cached = cache_of(service).instances;
    if (cached.built_at != record->index) {
        cached = {record->index, instances(service, ListFilter{}, now)};
    }
    return cached.value;
}

Lists::Text Lists::instances(std::string_view service, const ListFilter& filter, TimePoint now)
    const {
    return std::make_shared<const std::string>(
        build_instances(store_.find(service), index(store_.index(service)), filter, now)
    );
}

std::string Lists::instance(const LeaseRecord& record, TimePoint now) const {
    return with_members(
        list_item(record, now),
        "\"renewed\":\"" + date_of(record.renewed, now) + "\",\"index\":\"" +
            index(store_.index(record.instance->service)) + '"'
    );
}

const ServerList& Lists::servers() {
    if (servers_.built_at != store_.index()) {
        std::vector<std::string> servers;
        for (const auto& [name, service] : store_.services())
            append_servers(service, servers);
        servers_ = {store_.index(), server_list(std::move(servers), index(store_.index()))};
    }
    return servers_.value;
}

const ServerList& Lists::servers(std::string_view service) {
    const ServiceRecord* const record = store_.find(service);
    if (record == nullptr) return no_servers_;
    auto& cached = cache_of(service).servers;
    if (cached.built_at != record->index) {
        std::vector<std::string> servers;
        append_servers(*record, servers);
        cached = {record->index, server_list(std::move(servers), index(record->index))};
    }
    return cached.value;
}

Lists::PerService& Lists::cache_of(std::string_view service) {
    if (const auto found = per_service_.find(service); found != per_service_.end()) {
        return found->second;
    }
    // Services come and go; their lists must not stay for ever.
    if (per_service_.size() > 2 * store_.services().size() + 64) {
        std::erase_if(per_service_, [this](const auto& entry) {
            return store_.find(entry.first) == nullptr;
        });
    }
    return per_service_[std::string{service}];
}

}  // namespace rollcall::registry
