#pragma once
// The JSON bodies of the native API, other than an instance itself.

#include <rollcall/base/result.h>
#include <rollcall/registry/instance.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::registry {

// One lease that POST /v1/heartbeat renews.
struct Beat {
    std::string service;
    std::string id;
    std::string incarnation;  // empty: of whoever is listed
};

// {"instances":[{"service":...,"id":...,"incarnation":...}]}; services in lower case.
[[nodiscard]] Result<std::vector<Beat>> beats_from_json(std::string_view text);

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

// The answer to a heartbeat: {"interval":5,"missing":[...],"replaced":[...]}.
[[nodiscard]] std::string beats_answer(
    std::chrono::milliseconds interval,
    const std::vector<std::string>& missing,
    const std::vector<std::string>& replaced
);

// The answer to a registration: {"ttl":15,"interval":5,"index":...,"incarnation":...}.
[[nodiscard]] std::string registration_answer(const Instance& instance, std::string_view index);

// When to renew a lease of that length, so that two renewals may be lost.
[[nodiscard]] std::chrono::milliseconds interval_of(std::chrono::milliseconds ttl);

}  // namespace rollcall::registry
