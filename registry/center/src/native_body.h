#pragma once
// The JSON bodies of the native API, other than an instance itself.

#include <rollcall/base/clock.h>
#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// What PATCH changes about an instance; absent members stay as they are.
struct InstanceChange {
    std::optional<Status> status;
    std::optional<std::optional<Status>> override_status;  // an inner nullopt clears it
    std::optional<int> weight;
    std::optional<std::vector<std::string>> tags;
    std::map<std::string, std::optional<std::string>> meta;  // nullopt removes the key

    void apply_to(Instance& instance) const;
};

[[nodiscard]] Result<InstanceChange> change_from_json(std::string_view text);

// The answer to POST /v1/heartbeat: {"interval":5,"missing":["service/id"],"replaced":[...]}; `ttl`
// is the shortest of the leases.
[[nodiscard]] std::string beats_answer(
    Duration ttl, const std::vector<std::string>& missing, const std::vector<std::string>& replaced
);

// The answer to a registration: {"ttl":15,"interval":5,"index":...,"incarnation":...}.
[[nodiscard]] std::string registration_answer(const Instance& instance, std::string_view index);

// When to renew a lease of that length, so that two renewals may be lost.
[[nodiscard]] std::chrono::milliseconds interval_of(Duration ttl);

}  // namespace rollcall::registry
