#pragma once
// The lists that readers of the native API ask for. Each is built at most once per change of what
// it shows, by its first reader, and shared by all of them.

#include <rollcall/registry/lease_store.h>

#include "list_filter.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::registry {

using Text = std::shared_ptr<const std::string>;

// A list with its index: opaque, and another one whenever the list is.
struct IndexedText {
    std::string index;
    Text text;  // {"index":...,...}
};

// In the order of their ids, as all lists are. Valid until the next change.
[[nodiscard]] std::vector<const LeaseRecord*> sorted_records(const ServiceRecord& service);

// One thread at a time. The store must outlive it.
class Lists {
public:
    Lists(const LeaseStore& store, std::string epoch);

    // The index of the number of a change.
    [[nodiscard]] std::string index(std::uint64_t number) const;
    // The number of an index of this epoch.
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view index) const;

    // {"index":...,"services":[{"name":...,"up":...,"total":...}]}
    [[nodiscard]] const IndexedText& services();

    // {"index":...,"instances":[...]}; `now` dates the instances for display. The index of a
    // filtered list is that of its content, so that what the filter hides changes nothing.
    [[nodiscard]] IndexedText instances(
        std::string_view service, const ListFilter& filter, TimePoint now
    );

    // {"index":...,"from":...,"upsert":[...],"remove":["id",...]}: how the whole list of `from`
    // becomes today's. Nothing if too much has changed since, or `from` is of another memory.
    [[nodiscard]] Text delta(std::string_view service, std::string_view from, TimePoint now);

    // One instance, with the dates of its registration and last renewal.
    [[nodiscard]] std::string instance(const LeaseRecord& record, TimePoint now) const;

private:
    // What has been built of one service at `built_at`.
    struct Cache {
        std::uint64_t built_at = UINT64_MAX;
        std::map<std::string, IndexedText> lists;  // by filter
        std::map<std::uint64_t, Text> deltas;      // by the change they begin after
    };

    // Empty if the service has changed since it was filled.
    Cache& cache_of(std::string_view service);
    [[nodiscard]] Text build_delta(
        std::string_view service, std::uint64_t after, std::string_view from, TimePoint now
    ) const;

    const LeaseStore& store_;
    const std::string epoch_;
    std::uint64_t services_seen_ = UINT64_MAX;  // the change up to which services_ is right
    std::string services_content_;
    IndexedText services_;
    std::unordered_map<std::string, Cache, StringHash, std::equal_to<>> caches_;
};

// Services come and go; what is kept about them must not stay for ever. Lets go of those that have
// no instances once there are many of them.
template <class Map>
void drop_vanished(Map& kept, const LeaseStore& store) {
    if (kept.size() <= 2 * store.services().size() + 64) return;
    std::erase_if(kept, [&](const auto& entry) { return store.find(entry.first) == nullptr; });
}

}  // namespace rollcall::registry
