#pragma once
// The lists that readers ask for. Each is built at most once per change of what it shows, by its
// first reader, and shared by all of them.

#include <rollcall/registry/lease_store.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::registry {

// What a reader of GET /v1/services/{service} wants to see; empty fields mean everything.
struct ListFilter {
    std::optional<Status> status;  // effective
    std::string tag;
    std::string zone;
    std::string version;

    [[nodiscard]] bool matches(const Instance& instance) const;
};

// The list of the header protocol.
struct ServerList {
    std::string header;                       // "a,b,c", sorted
    std::shared_ptr<const std::string> body;  // {"servers":["a","b","c"]}
    std::string index;
};

// One thread at a time. The store must outlive it.
class Lists {
public:
    using Text = std::shared_ptr<const std::string>;

    Lists(const LeaseStore& store, std::string epoch);

    // The opaque index of the number of a change.
    [[nodiscard]] std::string index(std::uint64_t number) const;

    // {"index":...,"services":[{"name":...,"up":...,"total":...}]}
    [[nodiscard]] Text services();

    // {"index":...,"instances":[...]}; `now` dates the instances for display.
    [[nodiscard]] Text instances(std::string_view service, TimePoint now);
    // The same without what does not match; not kept.
    [[nodiscard]] Text instances(std::string_view service, const ListFilter& filter, TimePoint now)
        const;

    // One instance, with the dates of its registration and last renewal.
    [[nodiscard]] std::string instance(const LeaseRecord& record, TimePoint now) const;

    // What the header protocol lists: RPC servers that are up, of all services or of one. Valid
    // until the next call.
    [[nodiscard]] const ServerList& servers();
    [[nodiscard]] const ServerList& servers(std::string_view service);

private:
    template <class T>
    struct Cached {
        std::uint64_t built_at = UINT64_MAX;  // the number of the change it shows
        T value;
    };

    struct PerService {
        Cached<Text> instances;
        Cached<ServerList> servers;
    };

    PerService& cache_of(std::string_view service);

    const LeaseStore& store_;
    const std::string epoch_;
    Cached<Text> services_;
    Cached<ServerList> servers_;
    std::unordered_map<std::string, PerService, StringHash, std::equal_to<>> per_service_;
    ServerList no_servers_;
};

}  // namespace rollcall::registry
