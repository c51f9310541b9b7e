#pragma once
// The lists of the header protocol. Each is built at most once per change of what it shows.

#include <rollcall/registry/lease_store.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::registry {

struct ServerList {
    std::uint64_t built_at = UINT64_MAX;      // the number of the change it shows
    std::string header;                       // "a,b,c", sorted
    std::shared_ptr<const std::string> body;  // {"servers":["a","b","c"]}
};

// RPC servers that are up. One thread at a time. The store must outlive it.
class ServerLists {
public:
    explicit ServerLists(const LeaseStore& store) : store_(store) {}

    // Of all services, or of one. Valid until the next call.
    [[nodiscard]] const ServerList& all();
    [[nodiscard]] const ServerList& of(std::string_view service);

private:
    const LeaseStore& store_;
    ServerList all_;
    ServerList none_;
    std::unordered_map<std::string, ServerList, StringHash, std::equal_to<>> per_service_;
};

}  // namespace rollcall::registry
