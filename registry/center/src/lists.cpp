#include "lists.h"

#include <rollcall/registry/instance_json.h>

#include "wall_clock.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

namespace rollcall::registry {
namespace {

using Json = nlohmann::json;

// A cache that a reader fills with filters or indexes of its own making is emptied beyond this.
constexpr std::size_t kKeptPerService = 64;

// Adds members to the end of a JSON object's text.
std::string with_members(std::string object, const std::string& members) {
    object.pop_back();
    object += ',';
    object += members;
    object += '}';
    return object;
}

std::string with_registered(std::string object, const LeaseRecord& record, TimePoint now) {
    return with_members(
        std::move(object), "\"registered\":\"" + rfc3339(record.registered, now) + '"'
    );
}

// The items of a list, and a number for what they say. The dates are not part of it: they are
// computed anew each time and may differ in the last place.
struct Items {
    std::string text;
    std::size_t content = 0;
};

Items items_of(const ServiceRecord* service, const ListFilter& filter, TimePoint now) {
    Items items;
    if (service == nullptr) return items;
    for (const LeaseRecord* record : sorted_records(*service)) {
        if (!filter.matches(*record->instance)) continue;
        if (!items.text.empty()) items.text += ',';
        std::string object = to_json(*record->instance);
        items.content = items.content * 31 + std::hash<std::string>{}(object);
        items.text += with_registered(std::move(object), *record, now);
    }
    return items;
}

IndexedText list_of(std::string index, const std::string& items) {
    auto text = std::make_shared<const std::string>(
        "{\"index\":\"" + index + "\",\"instances\":[" + items + "]}"
    );
    return {std::move(index), std::move(text)};
}

}  // namespace

std::vector<const LeaseRecord*> sorted_records(const ServiceRecord& service) {
    std::vector<const LeaseRecord*> records;
    records.reserve(service.instances.size());
    for (const auto& [id, record] : service.instances)
        records.push_back(&record);
    std::sort(records.begin(), records.end(), [](const auto* a, const auto* b) {
        return a->instance->id < b->instance->id;
    });
    return records;
}

Lists::Lists(const LeaseStore& store, std::string epoch) : store_(store), epoch_(std::move(epoch)) {
}

std::string Lists::index(std::uint64_t number) const {
    return epoch_ + "." + std::to_string(number);
}

std::optional<std::uint64_t> Lists::number(std::string_view index) const {
    const std::size_t skip = epoch_.size() + 1;
    if (!index.starts_with(epoch_ + ".") || index.size() == skip) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(index.data() + skip, index.data() + index.size(), number);
    if (error != std::errc{} || end != index.data() + index.size()) return std::nullopt;
    return number;
}

const IndexedText& Lists::services() {
    if (services_seen_ == store_.index()) return services_;
    std::vector<std::string> names;
    for (const auto& [name, service] : store_.services())
        names.push_back(name);
    std::sort(names.begin(), names.end());
    Json services = Json::array();
    for (const std::string& name : names) {
        const ServiceRecord& service = *store_.find(name);
        services.push_back({{"name", name}, {"up", service.up}, {"total", service.instances.size()}}
        );
    }
    std::string content = services.dump();
    services_seen_ = store_.index();
    // Most changes of an instance change nothing here.
    if (services_.text && content == services_content_) return services_;
    services_content_ = std::move(content);
    services_.index = index(store_.index());
    services_.text = std::make_shared<const std::string>(
        "{\"index\":\"" + services_.index + "\",\"services\":" + services_content_ + "}"
    );
    return services_;
}

IndexedText Lists::instances(std::string_view service, const ListFilter& filter, TimePoint now) {
    const ServiceRecord* const record = store_.find(service);
    // What nobody announces is not worth keeping; else any name asked for would be kept.
    if (record == nullptr) return list_of(index(0), "");
    Cache& cache = cache_of(service);
    IndexedText& list = cache.lists[filter.key()];
    if (!list.text) {
        const Items items = items_of(record, filter, now);
        const std::string number = filter.is_everything() ? std::to_string(record->index)
                                                          : "f" + std::to_string(items.content);
        list = list_of(epoch_ + "." + number, items.text);
    }
    return list;
}

Text Lists::delta(std::string_view service, std::string_view from, TimePoint now) {
    const auto after = number(from);
    const ServiceRecord* const record = store_.find(service);
    if (!after || *after == 0 || record == nullptr || !store_.changes().covers(*after)) return {};
    Text& text = cache_of(service).deltas[*after];
    if (!text) text = build_delta(service, *after, from, now);
    return text;
}

Text Lists::build_delta(
    std::string_view service, std::uint64_t after, std::string_view from, TimePoint now
) const {
    std::set<std::string> ids;
    const ChangeLog& changes = store_.changes();
    for (auto each = changes.after(after); each != changes.end(); ++each) {
        if (each->instance->service == service) ids.insert(each->instance->id);
    }
    std::string upsert;
    Json remove = Json::array();
    for (const std::string& id : ids) {
        if (const LeaseRecord* const record = store_.find(service, id)) {
            if (!upsert.empty()) upsert += ',';
            upsert += with_registered(to_json(*record->instance), *record, now);
        } else {
            remove.push_back(id);
        }
    }
    return std::make_shared<const std::string>(
        "{\"index\":\"" + index(store_.index(service)) + "\",\"from\":\"" + std::string{from} +
        "\",\"upsert\":[" + upsert +
        "],\"remove\":" + remove.dump(-1, ' ', false, Json::error_handler_t::replace) + "}"
    );
}

std::string Lists::instance(const LeaseRecord& record, TimePoint now) const {
    return with_members(
        with_registered(to_json(*record.instance), record, now),
        "\"renewed\":\"" + rfc3339(record.renewed, now) + "\",\"index\":\"" +
            index(store_.index(record.instance->service)) + '"'
    );
}

Lists::Cache& Lists::cache_of(std::string_view service) {
    auto found = caches_.find(service);
    if (found == caches_.end()) {
        drop_vanished(caches_, store_);
        found = caches_.try_emplace(std::string{service}).first;
    }
    Cache& cache = found->second;
    const std::uint64_t current = store_.index(service);
    const bool full = cache.lists.size() + cache.deltas.size() >= kKeptPerService;
    if (cache.built_at != current || full) cache = Cache{current, {}, {}};
    return cache;
}

}  // namespace rollcall::registry
